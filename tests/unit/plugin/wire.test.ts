import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { receive, send } from "../../../runner/plugin/rpc/wire";
import { UNKNOWN } from "../../../runner/requests/inputShape";
import { secret, type Wire } from "./pluginClient";

const received = (properties: Wire) => receive(Struct.fromJavaScript(properties));

describe("properties on the wire", () => {
  it("are received without the wrapping of secrets, and with the names of those that are secret", () => {
    const { plain, secretNames, secretTexts } = received({
      host: "db",
      password: secret("hunter22"),
      nested: { list: [1, secret({ token: "abcdef", pin: 1234 })] },
    });
    expect(plain).toEqual({
      host: "db",
      password: "hunter22",
      nested: { list: [1, { token: "abcdef", pin: 1234 }] },
    });
    expect(secretNames).toEqual(new Set(["password", "nested"]));
    expect(new Set(secretTexts)).toEqual(new Set(["hunter22", "abcdef", "1234"]));
  });

  it.each([
    ["a text", UNKNOWN],
    ["a number", "3eeb2bf0-c639-47a8-9e75-3b44932eb421"],
    ["a boolean", "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"],
    ["an array", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"],
  ])("have UNKNOWN in place of %s that is not known yet, also inside a secret", (_, sentinel) => {
    const { plain, secretNames, secretTexts } = received({ a: sentinel, b: secret([sentinel]) });
    expect(plain).toEqual({ a: UNKNOWN, b: [UNKNOWN] });
    expect([...secretNames]).toEqual(["b"]);
    expect(secretTexts).toEqual([]);
  });

  it("are sent exactly as they were received if they are the same", () => {
    const wire: Wire = { nested: { open: 1, closed: secret("s") }, password: secret("p"), a: null };
    const source = received(wire);
    expect(send(source.plain, [source]).toJavaScript()).toEqual(wire);
  });

  it("are sent as secrets if they were received as secrets or are always secret", () => {
    const source = received({ password: secret("old"), host: "db" });
    const out = send({ password: "new", url: "x", host: "db", gone: undefined }, [source], ["url"]);
    expect(out.toJavaScript()).toEqual({ password: secret("new"), url: secret("x"), host: "db" });
  });

  it("are refused with a value that JSON cannot hold", () => {
    expect(() => send({ big: 1n }, [])).toThrow("a property may not hold a bigint");
  });
});
