import { fencedBlocks } from "../markdown";
import { textOf } from "../repository";
import { besides, documented, psqlPrompt, type Step } from "./step";

const [historyQuery] = fencedBlocks(textOf("docs/history.md")).filter(
  ({ language }) => language === "sql",
);
const UNCHANGED = /Resources:\s+\d+ unchanged/;

/** The documents' commands on a development stack, from its creation to its end, in a fresh checkout. */
export const DEV: readonly Step[] = [
  documented("npm start", {
    output: /13 steps committed in one transaction/,
  }),
  documented("npm start -- --verbose", {
    output: /Resources:\s+\d+ unchanged[^]*History \(14 rows, chain verified\)/,
  }),
  documented("npm run engine", { output: /to type it yourself: {2}\. .*env/ }),
  documented("npm run doctor", { output: /pulumi/i }),
  documented("npx v7 doctor", { output: /pulumi/i }),
  documented("npx tsx tests/support/importPicture.ts", { output: /^flowchart TD$/m }),
  documented(". .v7/env"),
  documented("npx v7", { code: 1, output: /^Usage: v7 / }),
  documented("npx v7 status", { output: /History \(14 rows, chain verified\)/ }),
  documented("npx v7 url", { output: /^postgresql:\/\/.+@127\.0\.0\.1:\d+\/postgres/ }),
  psqlPrompt("npx v7 psql", "SELECT 41 + 1 AS answer", /^ *42$/m),
  documented('npx v7 psql -c "…"', {
    typed: `npx v7 psql -c '${(historyQuery?.text ?? "").replaceAll("'", `'"'"'`)}'`,
    output: /^ *14 [ |]+0 [ |]+[0-9a-f]{64}$/m,
  }),
  documented("npx v7 plan", { output: /nothing to run/ }),
  documented("npx v7 plan --no-rehearsal", { output: /nothing to run/ }),
  documented("npx v7 plan --action repair", { output: /nothing to / }),
  documented("npx v7 plan --action rollback", { output: /plan digest [0-9a-f]{64}/ }),
  documented("npx v7 rehearse", { output: /nothing to / }),
  documented("npx v7 drift", { output: /: no drift$/m }),
  documented("npx v7 repair", { output: /nothing to repair/ }),
  documented("npx v7 adopt", { output: /nothing to adopt/ }),
  documented("npx v7 restore --list", { code: 3 }),
  documented("npx v7 verifier", { input: "a password\n", output: /^SCRAM-SHA-256\$4096:/ }),
  documented("npx v7 report", { output: /not known here[^]*npm test/ }),
  documented("pulumi preview", { output: UNCHANGED }),
  documented("pulumi preview --stack dev", { output: UNCHANGED }),
  documented("pulumi preview --stack dev --policy-pack policy", { output: UNCHANGED }),
  documented("pulumi up --stack dev --policy-pack policy", { output: UNCHANGED }),
  documented("pulumi up --yes --skip-preview --policy-pack policy", { output: UNCHANGED }),
  documented("pulumi refresh"),
  documented("pulumi refresh --yes"),
  documented("pulumi refresh --preview-only"),
  documented("pulumi refresh --preview-only --expect-no-changes"),
  documented("pulumi refresh --preview-only --expect-no-changes --stack dev"),
  documented("pulumi stack output historyHead", { output: /^[0-9a-f]{64}$/m }),
  documented("pulumi config set v7:NAME VALUE", {
    typed: "pulumi config set v7:lockTimeoutSeconds 6",
  }),
  documented("pulumi config set v7:requireApproval false"),
  documented("git diff sql", { output: /^$/ }),
  documented("git checkout -- sql"),
  documented("git diff"),
  documented("git log", { output: /As it is/ }),
  documented("git log sql", { output: /As it is/ }),
  documented("sha256sum sql/ad_005/directive.sql", { output: /^e4f16b9ff6fcca15/ }),
  documented("sha256sum sql/ad_005/FILE", {
    typed: "sha256sum sql/ad_005/manifest.yaml",
    output: /^[0-9a-f]{64} /,
  }),
  documented("grep -n v7_depend sql/ad_005/directive.sql", { output: /^33:ADD COLUMN/ }),
  // grep ends with 1 if it counts none.
  documented("grep -ciE 'grant|revoke' sql/ad_005/directive.sql", { code: 1, output: /^0$/m }),
  documented("npx v7 stop", { output: /^stopped: dev/ }),
  documented("npm stop", { output: /no embedded PostgreSQL was running/ }),
  documented("npm start -- --stack NAME", {
    typed: "npm start -- --stack feature",
    output: /13 steps committed in one transaction/,
  }),
  besides("npm stop -- --destroy --stack feature", { output: /has been removed/ }),
  documented("pulumi stack init NAME", {
    typed: "pulumi stack init box --no-select",
    output: /Created stack 'box'/,
  }),
  documented("pulumi config set v7:database docker --stack NAME", {
    typed: "pulumi config set v7:database docker --stack box",
  }),
  documented("pulumi config set v7:requireApproval false --stack NAME", {
    typed: "pulumi config set v7:requireApproval false --stack box",
  }),
  documented("npm stop -- --destroy --stack NAME", {
    typed: "npm stop -- --destroy --stack box",
    output: /Pulumi\.box\.yaml stays/,
  }),
  besides("grep -x '  v7:database: docker' Pulumi.box.yaml"),
  besides("npm start"),
  documented("npx v7 rollback", { output: /^\$ pulumi destroy [^]*\d+ deleted/m }),
  documented("pulumi state unprotect --all"),
  documented("pulumi destroy --stack dev", { output: /\d+ deleted/ }),
  documented("pulumi destroy"),
  documented("npm stop -- --destroy", { output: /has been removed/ }),
  // Somebody who has a backend and a passphrase already.
  besides('export PULUMI_BACKEND_URL="file://$ELSEWHERE" PULUMI_CONFIG_PASSPHRASE=v7-dev'),
  documented("pulumi stack init dev", { output: /Created stack 'dev'/ }),
];
