import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Client } from "pg";
import { places } from "../../../engine/paths";
import { makeCertificate } from "../certificate";
import { makeCheckout } from "../checkout";
import { startTestServer } from "../postgres";
import { ROOT } from "../repository";
import { openShell, type Shell } from "../shell";

/** The place in which the documents' commands are typed: a checkout, a clone of it, a protected server, and a home without settings. */
export interface World {
  /** In a checkout as it is after `git clone` and `npm ci`. */
  readonly dev: Shell;
  /** In an empty folder, beside it; HOST, PORT, DATABASE, URL, SHARED and CERTIFICATE are set. */
  readonly prod: Shell;
  /** The protected database's name. */
  readonly database: string;
  readonly superuser: Client;
  /** The login of the stack prod, once it is there. */
  login(): Promise<Client>;
  remove(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const checkout = await makeCheckout();
  const folder = dirname(checkout.folder);
  const tls = makeCertificate("127.0.0.1");
  const server = await startTestServer({
    major: 17,
    settings: tls.settings,
  });
  const database = await server.createDatabase({ shape: "supabase" });
  const origin = publish(checkout.folder, folder);
  const shell = (name: string, at: string, more: Record<string, string>): Shell => {
    const home = join(folder, `home of ${name}`);
    mkdirSync(home);
    writeFileSync(join(home, ".gitconfig"), GIT_SETTINGS);
    return openShell(at, { ...QUIET, ...more, HOME: home, USER: name, PATH: pathWith(folder) });
  };
  const shared = join(folder, "shared");
  mkdirSync(shared);
  return {
    dev: shell("developer", checkout.folder, { ELSEWHERE: shared }),
    prod: shell("deployer", folder, {
      // It refuses a protected database; this switch exists for tests, and its warning says so.
      V7_STAND_IN_ON_PROTECTED: "tests-only",
      HOST: database.host,
      PORT: String(database.port),
      DATABASE: database.name,
      URL: origin,
      SHARED: shared,
      CERTIFICATE: tls.certificate,
      MODULES: join(ROOT, "node_modules"),
    }),
    database: database.name,
    superuser: await database.connect(server.superuser, server.superuserPassword),
    login: () => database.connect("v7_owner", "the login's own"),
    remove: async () => {
      checkout.remove();
      await server.stop();
      tls.remove();
    },
  };
}

/** Engines are searched in this user's cache, so that the empty home does not cause another build. */
const QUIET = {
  V7_CACHE: places().cache,
  npm_config_update_notifier: "false",
};

/**
 * PATH with an `npx` before npm's own that starts `v7` a second faster. With an option before
 * the name, and for every other name, it starts npm's.
 */
function pathWith(folder: string): string {
  const bin = join(folder, "bin");
  const { PATH: path = "" } = process.env;
  const script = `#!/bin/sh
if [ "$1" = v7 ] && [ -f cli/v7.cjs ]; then shift; exec node cli/v7.cjs "$@"; fi
PATH='${path}' exec npx "$@"
`;
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "npx"), script, { mode: 0o755 });
  return `${bin}:${path}`;
}

/** An editor that adds a line to its file. */
const GIT_SETTINGS = `[user]
  name = Somebody
  email = somebody@example.org
[core]
  editor = echo A line >
[init]
  defaultBranch = main
`;

/** The checkout as a repository, and a second one from which it clones and pulls, and to which it pushes. */
function publish(checkout: string, folder: string): string {
  const origin = join(folder, "origin.git");
  const git = (...args: readonly string[]): void => {
    const who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"];
    execFileSync("git", [...who, ...args], { cwd: checkout });
  };
  git("init", "--quiet", "--initial-branch", "main");
  writeFileSync(join(checkout, ".git", "info", "exclude"), "node_modules\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "As it is");
  git("clone", "--quiet", "--bare", ".", origin);
  return origin;
}
