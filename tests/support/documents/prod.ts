import { fencedBlocks, sectionOf } from "../markdown";
import { textOf } from "../repository";
import { besides, bySql, documented, psqlPrompt, type Step } from "./step";

const APPLIED = /steps committed in one transaction/;

/** The Architect's signature; there is no terminal here that could ask, so the answer is a flag. */
const sign = (plan: string, signer: string): Step =>
  besides(`npx v7 approve --plan ${plan} --key ~/.ssh/v7_${signer} --signer ${signer} --yes`, {
    output: /sql\/ad_00[56]\/approvals\//,
  });
const signedByBoth = (plan: string): readonly Step[] => [
  sign(plan, "architect"),
  sign(plan, "second"),
];
const applied = (plan: string): readonly Step[] => [
  besides(`npx v7 plan --stack prod --no-rehearsal --out ${plan}`, { output: /plan digest/ }),
  ...signedByBoth(plan),
  besides("pulumi up --stack prod --policy-pack policy", { output: /steps? committed/ }),
];

/** Article 3 as somebody would paste it, with the constraint that section 5 needs. */
const byHand = (): string => {
  const constraint = textOf("sql/ad_005/amendments/phase_number_unique.sql");
  return textOf("sql/ad_005/directive.sql").replace(
    "-- 5. Sub-",
    () => `${constraint}\n-- 5. Sub-`,
  );
};

/** docs/runbook.md's SQL block that holds this, with the names of the test's server. */
const runbookSql = (part: string): string =>
  [...textOf("docs/runbook.md").matchAll(/```sql\n([^]*?)```/g)]
    .map(([, text = ""]) => text)
    .find((text) => text.includes(part)) ?? "";

/** Runbook, "Set up, from nothing". */
const SET_UP: readonly Step[] = [
  documented("git clone URL v7 && cd v7", { typed: 'git clone "$URL" v7 && cd v7' }),
  besides('ln -s "$MODULES" node_modules'),
  documented("npm run engine"),
  documented("npm run doctor"),
  documented("export V7_BACKEND_URL='s3://BUCKET?region=REGION'", {
    typed: 'export V7_BACKEND_URL="file://$SHARED"',
  }),
  documented("(umask 077; head -c 32 /dev/urandom | base64 > ~/v7.passphrase)"),
  documented("export PULUMI_CONFIG_PASSPHRASE_FILE=~/v7.passphrase"),
  documented(". .v7/env"),
  documented("pulumi stack init prod", { output: /Created stack 'prod'/ }),
  documented("pulumi config set v7:host HOST --stack prod", {
    typed: 'pulumi config set v7:host "$HOST" --stack prod',
  }),
  documented("pulumi config set v7:user LOGIN --stack prod", {
    typed: "pulumi config set v7:user v7_owner --stack prod",
  }),
  besides('pulumi config set v7:port "$PORT" --stack prod'),
  besides('pulumi config set v7:databaseName "$DATABASE" --stack prod'),
  documented("pulumi config set --secret v7:password --stack prod", { input: "the login's own" }),
  documented("mkdir -p certificates && cp FILE certificates/supabase.crt", {
    typed: 'mkdir -p certificates && cp "$CERTIFICATE" certificates/supabase.crt',
  }),
  documented("git add Pulumi.prod.yaml certificates && git commit -m 'The stack prod'"),
  // A server like the runbook's: the application's role owns its tables, a superuser owns the database.
  bySql("ALTER DATABASE DATABASE OWNER TO CURRENT_USER"),
  bySql("CREATE ROLE app_owner; ALTER TABLE public.file_audit OWNER TO app_owner"),
  bySql(
    runbookSql("CREATE ROLE v7_owner")
      .replace("'…'", "'the login''s own'")
      .replace(/\bapp\b/, "DATABASE"),
  ),
  besides("mkdir -p -m 700 ~/.ssh"),
  documented("ssh-keygen -t ed25519 -C architect -f ~/.ssh/v7_architect", {
    typed: "ssh-keygen -q -N '' -t ed25519 -C architect -f ~/.ssh/v7_architect",
  }),
  documented(
    "printf 'architect namespaces=\"v7-approval\" %s\\n' \"$(cut -d ' ' -f 1,2 ~/.ssh/v7_architect.pub)\" " +
      ">> sql/ad_005/approvals/allowed_signers",
  ),
  documented("git add sql/ad_005/approvals/allowed_signers && git commit -m 'Who may approve'"),
];

/** Runbook, "Review, approve, deploy", and the same way in docs/approvals.md. */
const DEPLOY: readonly Step[] = [
  documented("pulumi preview --stack prod --policy-pack policy", {
    output: /pre-checks: no obstacles/,
  }),
  documented("npx v7 plan --stack prod --out plan.json", { output: /plan digest [0-9a-f]{64}/ }),
  documented("npx v7 rehearse --stack prod"),
  documented('printf %s "$(cat plan.json)" | sha256sum', { output: /^[0-9a-f]{64} / }),
  besides("npx v7 approvals --plan plan.json", { code: 3 }),
  documented(
    "npx v7 approve --plan plan.json --key ~/.ssh/v7_architect --signer architect --notes 'reviewed'",
    {
      typed:
        "npx v7 approve --plan plan.json --key ~/.ssh/v7_architect --signer architect --notes 'reviewed' --yes",
    },
  ),
  documented("npx v7 approvals", { output: /valid/ }),
  documented("npx v7 approvals --plan plan.json", { output: /valid/ }),
  documented("git add sql/ad_005/approvals && git commit -m 'Approve the plan' && git push"),
  besides(
    "cp ~/.ssh/v7_architect ~/.ssh/id_ed25519 && cp ~/.ssh/v7_architect.pub ~/.ssh/id_ed25519.pub",
  ),
  documented(
    'npx v7 approve --plan plan.json --digest DIGEST --key ~/.ssh/id_ed25519 --signer architect --notes "reviewed"',
    {
      typed:
        'npx v7 approve --plan plan.json --digest $(printf %s "$(cat plan.json)" | sha256sum | cut -c 1-64) ' +
        '--key ~/.ssh/id_ed25519 --signer architect --notes "reviewed" --yes',
    },
  ),
  documented("git add sql/ad_005/approvals && git commit"),
  documented("npx v7 approve --plan FILE --key KEY --signer NAME", {
    typed: "npx v7 approve --plan plan.json --key ~/.ssh/v7_architect.pub --signer architect --yes",
  }),
  documented("npx v7 approvals --plan FILE", { typed: "npx v7 approvals --plan plan.json" }),
  documented("git pull"),
  documented("npx v7 approvals --plan plan.json --stack prod", { output: /valid/ }),
  documented("pulumi up --stack prod --policy-pack policy", { output: APPLIED }),
  documented("pulumi refresh --preview-only --expect-no-changes --stack prod"),
  documented("npx v7 status --stack prod", { output: /chain verified/ }),
  documented("npx v7 doctor --stack prod", {
    // The server's certificate is made for these tests.
    output:
      /^Next, in this order:\n {2}1\. Have the server's certificate renewed before that day$/m,
  }),
  psqlPrompt("npx v7 psql --stack prod", "SELECT 1 AS one", /^ *1$/m),
  documented("psql -At", {
    typed: 'npx v7 psql --stack prod --json -c "SELECT count(*) FROM v7_control.history"',
    output: /14/,
  }),
  documented("psql -f sql/ad_005/population/enum_inventory.sql", {
    typed: 'npx v7 psql --stack prod -c "$(cat sql/ad_005/population/enum_inventory.sql)"',
  }),
];

/** A query of docs/history.md, of the proof of the run that made row 3; psql is not everywhere. */
const proofQuery = (what: string, into: string): Step => {
  const query = (digest: string, end = into): string =>
    `"SELECT details->'proof'->${what} FROM v7_control.history WHERE plan_digest = '${digest}' AND details ? 'proof'"${end}`;
  return documented(`psql -At -c ${query("DIGEST")}`, {
    typed: `npx v7 psql --stack prod --json -c ${query("$digest", ` | node -e "$BARE"${into}`)}`,
  });
};

/** docs/history.md, "Verify one row by hand": our own client prints what psql would. */
const BY_SSH_KEYGEN: readonly Step[] = [
  besides(
    `BARE='console.log(Object.values(JSON.parse(fs.readFileSync(0, "utf8"))[0].rows[0]).join("|"))'`,
  ),
  documented(
    'psql -At -c "SELECT step_sha256, plan_digest FROM v7_control.history WHERE position = 3"',
    {
      typed:
        'row=$(npx v7 psql --stack prod --json -c "SELECT step_sha256, plan_digest FROM v7_control.history WHERE position = 3" | node -e "$BARE"); ' +
        "step=${row%|*} digest=${row#*|}",
    },
  ),
  proofQuery(">'plan'", " | tr -d '\\n' > signed.plan"),
  proofQuery("'approvals'->0->>'record'", " | tr -d '\\n' > signed.json"),
  proofQuery("'approvals'->0->>'signature'", " > signed.json.sig"),
  documented("sha256sum signed.plan", {
    typed: 'sha256sum signed.plan | grep -q "^$digest " && echo the same',
    output: /^the same$/m,
  }),
  documented('grep -o \'"plan":"[0-9a-f]*"\' signed.json', {
    typed: 'grep -o \'"plan":"\'$digest signed.json',
    output: /plan/,
  }),
  documented('grep -o \'"id":"section_2","kind":"section","sha256":"[0-9a-f]*"\' signed.plan', {
    typed: 'grep -o \'"sha256":"\'$step signed.plan',
    output: /sha256/,
  }),
  documented(
    "ssh-keygen -Y verify -f sql/ad_005/approvals/allowed_signers -I architect -n v7-approval -s signed.json.sig < signed.json",
    { output: /^Good "v7-approval" signature for architect/m },
  ),
];

/** docs/approvals.md, "A no that lasts": revokes what no signer uses, so that the story can continue. */
const NO: readonly Step[] = [
  documented('npx v7 revoke --stack prod --plan DIGEST --reason "locks file_audit at noon"', {
    typed:
      "npx v7 revoke --stack prod --plan $(printf gone | sha256sum | cut -c 1-64) --reason 'locks file_audit at noon'",
    output: /^the plan [0-9a-f]{64} is revoked; history/m,
  }),
  documented("npx v7 revoke --stack prod --nonce NONCE", {
    typed: "npx v7 revoke --stack prod --nonce $(printf gone | sha256sum | cut -c 1-32)",
    output: /is revoked; history/,
  }),
  besides("ssh-keygen -q -N '' -t ed25519 -C lost -f ~/.ssh/v7_lost"),
  documented('npx v7 revoke --stack prod --key SHA256:FINGERPRINT --reason "laptop lost"', {
    typed:
      "npx v7 revoke --stack prod --key $(ssh-keygen -lf ~/.ssh/v7_lost.pub | cut -d ' ' -f 2) --reason 'laptop lost'",
    output: /is revoked; history/,
  }),
];

/** docs/drift.md, and the workflow's sections on drift. */
const DRIFT: readonly Step[] = [
  besides('export PGUSER=v7_owner PGPASSWORD="the login\'s own"'),
  documented("npx v7 drift --stack prod", { output: /: no drift$/m }),
  documented(
    "npx v7 drift --stack prod --json drift.json --html drift.html --sarif drift.sarif --markdown drift.md",
  ),
  documented("npx --no-install v7 drift --stack prod --json drift.json --html drift.html"),
  besides('echo "export PGUSER=$PGUSER" > ~/drift.env'),
  documented(
    "cd /srv/v7 && . /etc/v7/drift.env && npx --no-install v7 drift --stack prod > /tmp/drift.txt 2>&1 || cat /tmp/drift.txt",
    {
      typed:
        'cd "$PWD" && . ~/drift.env && npx --no-install v7 drift --stack prod > ~/drift.txt 2>&1 || cat ~/drift.txt',
      output: /^$/,
    },
  ),
  bySql("DROP INDEX public.idx_test_results_status", "login"),
  besides("npx v7 drift --stack prod", { code: 2, output: /idx_test_results_status/ }),
  documented("npx v7 plan --stack prod --action repair --out repair.json", {
    output: /plan digest [0-9a-f]{64}/,
  }),
  documented("npx v7 plan --stack prod --action repair", { output: /\.v7\/plans\/prod-/ }),
  documented("npx v7 approve --plan .v7/plans/… --key … --signer …", {
    typed:
      "npx v7 approve --plan .v7/plans/prod-*.json --key ~/.ssh/v7_architect --signer architect --yes",
  }),
  documented("npx v7 repair --stack prod"),
  besides("npx v7 drift --stack prod", { output: /: no drift$/m }),
];

/** docs/approvals.md, "Change whom a database trusts": from here on two must sign. */
const TRUST: readonly Step[] = [
  besides("ssh-keygen -q -N '' -t ed25519 -C second -f ~/.ssh/v7_second"),
  documented("ssh-keygen -lf KEY.pub", {
    typed: "ssh-keygen -lf ~/.ssh/v7_second.pub",
    output: /SHA256:/,
  }),
  besides(
    "{ cat sql/ad_005/approvals/allowed_signers; " +
      "printf 'second namespaces=\"v7-approval\" %s\\n' \"$(cut -d ' ' -f 1,2 ~/.ssh/v7_second.pub)\"; } > new_signers",
  ),
  documented(
    "npx v7 plan --stack prod --action trust --signers new_signers --required 2 --out trust.json",
    { output: /plan digest [0-9a-f]{64}/ },
  ),
  documented("npx v7 approve --plan trust.json --key … --signer …", {
    typed: "npx v7 approve --plan trust.json --key ~/.ssh/v7_architect --signer architect --yes",
  }),
  documented("npx v7 trust --stack prod --signers new_signers --required 2", {
    output: /^changed; history/,
  }),
  besides("cp new_signers sql/ad_005/approvals/allowed_signers"),
  documented("pulumi config set v7:requiredApprovals 2 --stack prod"),
  documented("npx v7 plan --stack prod --action trust --vouch --out vouch.json", {
    output: /vouches for the \d+ rows/,
  }),
  ...signedByBoth("vouch.json"),
  documented("npx v7 trust --stack prod --vouch", { output: /^changed; history/m }),
  documented("npx v7 plan --stack prod --action trust", { output: /nothing to / }),
  documented("npx v7 trust --stack prod", { output: /^nothing to change/ }),
];

/** Logins, of docs/access.md and the runbook; the run records the new head of the history, too. */
const LOGINS: readonly Step[] = [
  besides('PASSWORD="of alice" PREVIEW_PASSWORD="of previews"'),
  documented('verifier=$(printf %s "$PASSWORD" | npx v7 verifier)'),
  documented(
    `pulumi config set --secret v7:logins '[{"name":"alice","role":"v7_agent","password":"'"$verifier"'"}]'`,
  ),
  documented('verifier=$(printf %s "$PREVIEW_PASSWORD" | npx v7 verifier)'),
  documented(
    `printf '[{"name":"v7_preview","role":"v7_ci","password":"%s"}]' "$verifier" | ` +
      "pulumi config set --secret v7:logins --stack prod",
  ),
  documented("git add Pulumi.prod.yaml && git commit -m 'The login of previews'"),
  besides("npx v7 plan --stack prod --no-rehearsal --out logins.json"),
  ...signedByBoth("logins.json"),
  documented("pulumi up", { output: /roles-v7_preview/ }),
];

/** A rollback, an apply and a restore. */
const ROLLBACK: readonly Step[] = [
  bySql(
    /INSERT INTO v7_migration_workflow[^;]*;/.exec(
      textOf("docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md"),
    )?.[0] ?? "",
    "login",
  ),
  documented("npx v7 rollback --stack prod", {
    code: 3,
    output: /^APPROVAL_WRONG_PLAN: /m,
  }),
  documented("npx v7 plan --stack prod --action rollback --out rollback.json", {
    output: /plan digest [0-9a-f]{64}/,
  }),
  ...signedByBoth("rollback.json"),
  documented("pulumi state unprotect --all --stack prod"),
  documented(
    "pulumi destroy --stack prod --target '**MigrationRunner::directive' --target-dependents",
    { output: /v7_archive/ },
  ),
  ...applied("again.json"),
  documented("npx v7 restore --list --stack prod", { output: /^\d{8}t\d{6}_[0-9a-f]{8}$/m }),
  besides("rm -f .v7/plans/*"),
  documented("npx v7 plan --stack prod --action restore", { output: /\.v7\/plans\/prod-/ }),
  ...signedByBoth(".v7/plans/prod-*.json"),
  documented("npx v7 restore --stack prod"),
];

/** Runbook, "Keys and passwords", "When something stops", "The state is lost". */
const CARE: readonly Step[] = [
  documented("pulumi stack change-secrets-provider passphrase --stack prod", {
    input: "another one\nanother one\n",
  }),
  besides("printf %s 'another one' > ~/v7.passphrase"),
  documented("pulumi cancel --stack prod"),
  besides("pulumi stack export --stack prod --file state.json"),
  documented("pulumi stack import", {
    typed: "pulumi stack import --stack prod --file state.json",
  }),
  besides('rm -rf "$SHARED"/.pulumi'),
  besides("pulumi stack init prod"),
  documented("pulumi config get v7:password --stack prod"),
  bySql(runbookSql("DROP OWNED BY"), "login"),
  bySql("DROP ROLE v7_preview", "login"),
  // Of the archive that the rollback left.
  besides("pulumi up --stack prod --policy-pack policy", {
    code: 1,
    output: /DRIFT_FOUND: .*found 1 difference[^]*privileges archives/,
  }),
  besides("npx v7 plan --stack prod --action repair --out archives.json"),
  ...signedByBoth("archives.json"),
  besides("npx v7 repair --stack prod"),
  besides("pulumi up --stack prod --policy-pack policy"),
  besides("npx v7 drift --stack prod", { output: /: no drift$/m }),
];

/** A rollback of everything, then an adoption of objects that were made by hand. */
const BY_HAND: readonly Step[] = [
  besides("npx v7 plan --stack prod --action rollback --no-rehearsal --out end.json"),
  ...signedByBoth("end.json"),
  besides("pulumi state unprotect --all --stack prod"),
  documented("pulumi destroy --stack prod"),
  documented("pulumi stack rm prod --preserve-config"),
  besides("pulumi stack init prod"),
  bySql(byHand(), "login"),
  besides("rm -f .v7/plans/*"),
  documented("npx v7 plan --stack prod --action adopt"),
  ...signedByBoth(".v7/plans/prod-*.json"),
  documented("npx v7 adopt --stack prod", { output: /adopted/ }),
];

/** The text that docs/directives.md puts into a file of ad_006. */
const written = (language: string, beginning: string): string =>
  fencedBlocks(sectionOf(textOf("docs/directives.md"), "From the idea to the lock")).find(
    (block) => block.language === language && block.text.startsWith(beginning),
  )?.text ?? "";
const put = (text: string, into: string): Step => besides(`cat ${into} <<'END'\n${text}\nEND`);

/** docs/directives.md, "From the lock to production". */
const LATER: readonly Step[] = [
  besides('npx v7 directive new ad_006 --title "Notes on files"'),
  put(written("sql", ""), ">> sql/ad_006/directive.sql"),
  put(written("yaml", "roles:"), "> sql/ad_006/access.yaml"),
  besides("npx v7 directive lock ad_006", { code: 1, output: /DIRECTIVE_REFUSED/ }),
  documented("mv sql/ad_006/rollback/section_1.proposed.sql sql/ad_006/rollback/section_1.sql"),
  besides("sed -i '/^steps:/,$d' sql/ad_006/manifest.yaml"),
  put(written("yaml", "steps:"), ">> sql/ad_006/manifest.yaml"),
  besides("npx v7 directive lock ad_006"),
  besides("npx v7 plan --stack prod --out plan.json", { output: /plan digest [0-9a-f]{64}/ }),
  ...signedByBoth("plan.json"),
  besides("pulumi up --stack prod --policy-pack policy", { output: APPLIED }),
  besides("npx v7 drift --stack prod", { output: /: no drift$/m }),
  bySql(
    "WITH file AS (INSERT INTO file_audit (file_path) VALUES ('a.ts') RETURNING id) INSERT INTO v7_notes (file_id) SELECT id FROM file",
    "login",
  ),
  documented("npx v7 plan --stack prod --action rollback --to ad_005 --out rollback.json", {
    output: /plan digest [0-9a-f]{64}/,
  }),
  ...signedByBoth("rollback.json"),
  documented("npx v7 rollback --stack prod --to ad_005", {
    output: /^taken back: section_1$[^]*archived: 1 row of public\.v7_notes/m,
  }),
  besides("npx v7 drift --stack prod", { output: /: no drift$/m }),
];

/** The documents' commands on a protected database, typed in a fresh clone with an empty home, in one story. */
export const PROD: readonly Step[] = [
  ...SET_UP,
  ...DEPLOY,
  ...BY_SSH_KEYGEN,
  ...DRIFT,
  ...TRUST,
  ...NO,
  ...LOGINS,
  ...ROLLBACK,
  ...CARE,
  ...BY_HAND,
  ...LATER,
];
