import { join } from "node:path";
import { addApproval } from "../../../cli/approvals/add";
import { applyDirective } from "../../../runner/actions/apply";
import { readApprovalFacts } from "../../../runner/approval/pinnedFacts";
import { makePacket } from "../../../runner/packet";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { machineWithOpenSshOnly } from "../../support/openSshOnly";
import { packetInput, packetMarkdown } from "../../support/packet";
import { serverOfFile } from "../../support/postgres";
import {
  expectRefused,
  makeScene,
  rollbackPlan,
  type Scene,
  type SignOptions,
} from "../../support/scene";
import { removeFolders } from "../../unit/approval/support";

const theServer = serverOfFile({ major: 17 }, removeFolders);

/** The packet of the pending steps, or of another plan, as somebody gets it by mail. */
async function packetOf(scene: Scene, plan: SignOptions["plan"] = preparePlan): Promise<string> {
  const { request } = scene;
  const prepared = await withConnection(request.connection, (client) => plan(client, request));
  return packetMarkdown(makePacket(await packetInput(prepared, request)));
}

/** What a signer's terminal shows once the packet's two pastes are done, on a machine without any of this project. */
function sign(packet: string, key: string, isRejection = false): string {
  const [, sh = ""] = packet.split("### To approve or to reject");
  const [, approve, last, reject] = [...sh.matchAll(/```sh\n(.*?)\n```/gs)].map(([, one]) => one);
  const shell = machineWithOpenSshOnly();
  return shell(
    `name=architect key=${key} days=1 notes=reviewed`,
    (isRejection ? reject : approve) ?? "",
    last ?? "",
  );
}

/** `v7 approvals add --stack`, with that text on its standard input. */
async function add(scene: Scene, text: string): Promise<string> {
  const facts = await withConnection(scene.request.connection, readApprovalFacts);
  const folder = join(scene.folder, "sql", "ad_005", "approvals");
  return await addApproval(Buffer.from(text), { folder }, facts);
}

describe("a packet's two pastes on a machine with only OpenSSH", () => {
  it("make an approval that a protected database accepts once", async () => {
    const scene = await makeScene(theServer());
    await expect(applyDirective(scene.request)).rejects.toThrow(/^APPROVAL_REQUIRED/);
    const packet = await packetOf(scene);
    expect(packet).toContain("No signed plan has run on this database");
    const text = sign(packet, scene.key.file);
    expect(await add(scene, text)).toContain("valid: approved by architect");
    expect((await applyDirective(scene.request)).executed).not.toEqual([]);
    await expect(add(scene, text)).rejects.toThrow(/^APPROVAL_USED: .*Nothing was written/);

    const next = await packetOf(scene, rollbackPlan);
    expect(next).toMatch(/signed by architect, ran on \d{4}-/);
    expect(next).toContain("| **Action** | apply then, rollback now |");
    expect(next).toContain("| **Access matrix and logins** | the same |");
  });

  it("make a rejection that stops the plan, even if it is also approved", async () => {
    const scene = await makeScene(theServer());
    const packet = await packetOf(scene);
    await add(scene, sign(packet, scene.key.file));
    expect(await add(scene, sign(packet, scene.key.file, true))).toContain("rejected: architect");
    await expectRefused(scene.database, "APPROVAL_REJECTED", () => applyDirective(scene.request));
  });
});
