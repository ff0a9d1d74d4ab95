// The X.509 library finds its parts by decorators and needs this first.
import "reflect-metadata/lite";
import * as x509 from "@peculiar/x509";

export { x509 };
