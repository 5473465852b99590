import { BRANCHES } from "../../support/documents/branches";
import { DEV } from "../../support/documents/dev";
import { NOT_TYPED } from "../../support/documents/notTyped";
import { tellStory } from "../../support/documents/story";

tellStory("dev", {
  "typed on a development stack, is right": DEV,
  "typed for a branch, is right": BRANCHES,
  "not typed here, is looked at": NOT_TYPED.flatMap(({ command, instead }) =>
    instead === undefined ? [] : [{ ...instead, command }],
  ),
});
