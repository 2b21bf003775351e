// The page: a server component, with one that connects.
import { Visitors } from "./visitors";

export default function Page() {
  return (
    <main>
      <h1>Live</h1>
      <Visitors />
    </main>
  );
}
