import { withoutInside } from "../../../cli/branch/deployment";

describe("the state of a stack in a container, before it is destroyed", () => {
  it("keeps what is outside the server, and loses what goes with its volume", () => {
    const kept = [
      "pulumi:pulumi:Stack",
      "pulumi:providers:docker",
      "v7:components:Database",
      "v7:components:DockerPostgres",
      "directive:index:GeneratedPassword",
      "directive:index:LocalPort",
      "docker:index/remoteImage:RemoteImage",
      "docker:index/volume:Volume",
      "docker:index/container:Container",
    ];
    const inside = [
      "directive:index:ApprovalGate",
      "pulumi:providers:postgresql",
      "postgresql:index/role:Role",
      "directive:index:MigrationRunner",
      "postgresql:index/grant:Grant",
      "directive:index:CatalogCheck",
    ];
    const resources = [...kept, ...inside].map((type) => ({ type }));
    const deployment = { manifest: { time: "now" }, resources };
    expect(withoutInside(deployment)).toStrictEqual({
      manifest: { time: "now" },
      resources: kept.map((type) => ({ type })),
    });
  });
});
