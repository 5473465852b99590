import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import * as proxy from "@pulumi/policy/proxy";

/** The host's own wrapper of a resource's properties, which throws where an unknown one is read; not in its types. */
const { unknownCheckingProxy, unknownStringValue } = proxy as unknown as {
  unknownCheckingProxy: (props: object) => Record<string, unknown>;
  unknownStringValue: string;
};

/** A value that a preview does not know yet. */
export const UNKNOWN: unknown = unknownStringValue;

/** The messages of a policy on one resource, one for each violation. */
export async function violationsOf(
  policy: ResourceValidationPolicy,
  type: string,
  props: Readonly<Record<string, unknown>>,
  name = "one",
  opts: Partial<PolicyResource["opts"]> = {},
): Promise<string[]> {
  const messages: string[] = [];
  const args = {
    type,
    name,
    props: unknownCheckingProxy({ ...props }),
    urn: `urn:pulumi:dev::v7::${type}::${name}`,
    opts: {
      protect: false,
      additionalSecretOutputs: [],
      ...opts,
    } as unknown as PolicyResource["opts"],
    isType: () => false,
    asType: () => undefined,
    getConfig: () => ({}),
    stackTags: new Map(),
    notApplicable: (): never => {
      throw new Error("not applicable");
    },
  } as unknown as ResourceValidationArgs;
  const validations = [policy.validateResource ?? []].flat();
  for (const validate of validations) {
    await validate(args, (message: string) => {
      messages.push(message);
    });
  }
  return messages;
}
