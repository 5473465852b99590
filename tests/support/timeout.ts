// Starting a server may take long on a busy machine.
jest.setTimeout(120_000);
