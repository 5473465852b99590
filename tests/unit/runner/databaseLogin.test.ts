import { databaseLogin } from "../../../runner/postgres/databaseLogin";

describe("databaseLogin", () => {
  it.each([
    ["aws-0-eu-central-1.pooler.supabase.com", "postgres.abcdefghijklmnopqrst", "postgres"],
    ["aws-0-eu-central-1.pooler.supabase.com", "ada.lovelace.abcdefghijklmnopqrst", "ada.lovelace"],
    ["aws-0-eu-central-1.pooler.supabase.com", "postgres", "postgres"],
    ["db.abcdefghijklmnopqrst.supabase.co", "postgres", "postgres"],
    ["db.example.com", "ada.lovelace", "ada.lovelace"],
    ["pooler.supabase.com.example.com", "ada.lovelace", "ada.lovelace"],
  ])("on %s gives for %s the login %s", (host, user, expected) => {
    expect(databaseLogin(host, user)).toBe(expected);
  });
});
