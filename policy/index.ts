import { PolicyPack } from "@pulumi/policy";
import { noGrantsToEverybody } from "./noGrantsToEverybody";
import { noPlainPasswords } from "./noPlainPasswords";
import { noPowerfulRoles } from "./noPowerfulRoles";
import { verifiedTls } from "./verifiedTls";

// A pack starts serving where it is constructed: this file does nothing else, and tests take the policies themselves.
new PolicyPack("v7", {
  enforcementLevel: "mandatory",
  policies: [noPowerfulRoles, noGrantsToEverybody, noPlainPasswords, verifiedTls],
});
