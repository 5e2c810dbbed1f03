import { describe, expect, it } from "vitest";
import { findSecrets, isSecretName, isSecretValue, maskSecret } from "../../src/secrets/find-secrets.ts";

describe("secrets", () => {
  it("are told by their form, with the line", () => {
    const token = `ghp_${"x9Y8".repeat(9)}`;
    expect(findSecrets(`a\nb=${token}\n`)).toMatchObject([
      { pattern: { name: "github-token" }, line: 2, value: token },
    ]);
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${"MIIB".repeat(20)}\n-----END RSA PRIVATE KEY-----\n`;
    expect(findSecrets(key)[0]!.pattern.name).toBe("private-key");
    expect(findSecrets("https://user:hunter22@example.org/")[0]!.pattern.name).toBe("url-password");
    expect(findSecrets("AKIAIOSFODNN7EXAMPLE and https://user:password@host")).toEqual([]);
  });

  it("are told by the name of a variable, where the value may be one", () => {
    expect(["DB_PASSWORD", "apiKey", "GITHUB_TOKEN"].filter(isSecretName)).toHaveLength(3);
    expect(["PASSWORD_FILE", "KEYBOARD", "TOKEN_URL"].filter(isSecretName)).toEqual([]);
    expect(["/run/secrets/x", "$OTHER", "changeme", "12"].filter(isSecretValue)).toEqual([]);
    expect(maskSecret("abcdefghijkl")).toBe("abc… (12 characters)");
  });
});
