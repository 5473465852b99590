import { PROD } from "../../support/documents/prod";
import { tellStory } from "../../support/documents/story";

tellStory("prod", { "typed against a protected database, is right": PROD });
