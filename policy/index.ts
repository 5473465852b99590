import { PolicyPack } from "@pulumi/policy";
import { approvalNeeded } from "./approvalNeeded";
import { approvedPlan } from "./approvedPlan";
import { noGrantsToEverybody } from "./noGrantsToEverybody";
import { noPlainPasswords } from "./noPlainPasswords";
import { noPlainSecrets } from "./noPlainSecrets";
import { noPowerfulRoles } from "./noPowerfulRoles";
import { noStandIn } from "./noStandIn";
import { protectedData } from "./protectedData";
import { verifiedTls } from "./verifiedTls";

// Constructing a pack starts its server: nothing else is here, so that tests can import the policies themselves.
new PolicyPack("v7", {
  enforcementLevel: "mandatory",
  policies: [
    approvedPlan,
    approvalNeeded,
    noPowerfulRoles,
    noGrantsToEverybody,
    noPlainPasswords,
    noPlainSecrets,
    noStandIn,
    protectedData,
    verifiedTls,
  ],
});
