// Whole runs of the engine.
jest.setTimeout(600_000);
