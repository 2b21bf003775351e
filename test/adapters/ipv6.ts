// Whether this machine has the loopback address of IPv6: containers often have none.
import { networkInterfaces } from "node:os";

export const HAS_IPV6: boolean = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === "::1");
