import { isDeepStrictEqual } from "node:util";
import type { Diff, PluginClient, Wire } from "../../unit/plugin/pluginClient";

/** One resource, driven through its life as the engine drives it. */
export class Managed {
  public id = "";
  public inputs: Wire = {};
  public outputs: Wire = {};
  private program: Wire = {};

  public constructor(
    private readonly client: PluginClient,
    private readonly type: string,
  ) {}

  /** Makes it what the program says. @returns what had to be done */
  public async up(program: Wire): Promise<"create" | "same" | "update" | "replace"> {
    const news = await this.check(program);
    this.program = program;
    if (this.id === "") {
      await this.create(news);
      return "create";
    }
    const diff = await this.client.diff(this.type, this.id, this, news);
    if (Object.keys(diff.changes).length === 0) {
      this.inputs = news;
      return "same";
    }
    if (diff.replaces.length > 0) {
      await this.replace(diff, news);
      return "replace";
    }
    this.outputs = await this.client.update(this.type, this.id, this, news);
    this.inputs = news;
    return "update";
  }

  /** What a preview of that program would do; nothing is written. */
  public async preview(program: Wire): Promise<Wire> {
    const news = await this.check(program);
    return this.id === ""
      ? (await this.client.create(this.type, news, true)).outputs
      : this.client.update(this.type, this.id, this, news, true);
  }

  /**
   * Reads it from the server. @returns the properties that an `up` would change back, `outputs` if only outputs differ
   * from before; or "gone"
   */
  public async refresh(): Promise<string[] | "gone"> {
    const read = await this.client.read(this.type, this.id, this);
    if (read === undefined) {
      this.id = "";
      return "gone";
    }
    const isSame = isDeepStrictEqual(read.outputs, this.outputs);
    this.id = read.id;
    this.inputs = read.inputs;
    this.outputs = read.outputs;
    const news = await this.check(this.program);
    const diff = await this.client.diff(this.type, this.id, this, news);
    const changed = Object.keys(diff.changes).map((one) => /^[^.[]+/.exec(one)?.[0] ?? one);
    return changed.length === 0 && !isSame ? ["outputs"] : [...new Set(changed)];
  }

  public async destroy(): Promise<void> {
    await this.client.delete(this.type, this.id, this);
    this.id = "";
  }

  private async check(program: Wire): Promise<Wire> {
    const { inputs, failures } = await this.client.check(this.type, program, this.inputs);
    if (failures.length > 0) {
      throw new Error(failures.map((one) => `${one.property}: ${one.reason}`).join("; "));
    }
    return inputs;
  }

  private async create(news: Wire): Promise<void> {
    const { id, outputs } = await this.client.create(this.type, news);
    this.id = id;
    this.inputs = news;
    this.outputs = outputs;
  }

  private async replace(diff: Diff, news: Wire): Promise<void> {
    const old = { id: this.id, inputs: this.inputs, outputs: this.outputs };
    if (diff.isDeleteBeforeReplace) {
      await this.client.delete(this.type, old.id, old);
      await this.create(news);
    } else {
      await this.create(news);
      await this.client.delete(this.type, old.id, old);
    }
  }
}
