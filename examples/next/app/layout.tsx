// The frame of each page.
import type { ReactNode } from "react";

export const metadata = { title: "Live" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
