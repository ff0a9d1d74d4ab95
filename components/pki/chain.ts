import { isSelfSigned, parseChain } from "./certificate.ts";

/** A full chain as services want it: the leaf, and what has to be served with it; a root at the end is left out. */
export function splitChain(pem: string): { readonly leaf: string; readonly chain: string } {
  const [leaf, ...rest] = parseChain(pem);
  return {
    leaf: leaf?.toString() ?? "",
    chain: rest
      .filter((certificate) => !isSelfSigned(certificate))
      .map((certificate) => certificate.toString())
      .join(""),
  };
}

export { commonName, daysLeft, isSelfSigned, namesOf, parseChain } from "./certificate.ts";
