/** Forms of secrets that are told by their look alone. Rules from the issuers' own documentation of their prefixes and lengths. */
export interface SecretPattern {
  /** Stable name: `github-token`. */
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  /** A text that every match contains: looked for first, since that is quick. */
  readonly hint: string;
  /** With the flag g; the first group, where there is one, is the secret itself. */
  readonly expression: RegExp;
}

function pattern(name: string, title: string, hint: string, expression: RegExp): SecretPattern {
  return { name, title, hint, expression };
}

const B64 = "[A-Za-z0-9+/=\\r\\n]";
/** A key has no more of them, and whoever has may not make each of them the beginning of one more search. */
const KEY_HEADERS = "(?:[A-Za-z-]+: [^\\n]*\\n){0,10}";

/**
 * Each is searched in time that grows with the text alone: of a run of characters that an expression can take, it begins at one
 * place only, or takes so many at most.
 */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  pattern(
    "private-key",
    "a private key",
    "PRIVATE KEY",
    new RegExp(
      `-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\\r\\n]+${KEY_HEADERS}\\s*${B64}{40,}`,
      "g",
    ),
  ),
  pattern("aws-access-key", "an AWS access key id", "IA", /\b((?:AKIA|ASIA)[A-Z2-7]{16})\b/g),
  pattern(
    "aws-secret-key",
    "an AWS secret access key",
    "ecret",
    /aws_?secret_?(?:access_?)?key["']?\s*[=:]\s*["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  ),
  pattern("github-token", "a GitHub token", "gh", /\b(gh[pousr]_[A-Za-z0-9]{36,251})\b/g),
  pattern(
    "github-pat",
    "a GitHub personal access token",
    "github_pat_",
    /\b(github_pat_[A-Za-z0-9_]{60,})\b/g,
  ),
  pattern("gitlab-token", "a GitLab token", "glpat-", /\b(glpat-[A-Za-z0-9_-]{20,})\b/g),
  pattern("slack-token", "a Slack token", "xox", /\b(xox[abeoprs]-[A-Za-z0-9-]{20,})\b/g),
  pattern(
    "slack-webhook",
    "a Slack webhook",
    "hooks.slack.com",
    /(https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]{20,})/g,
  ),
  pattern("stripe-key", "a Stripe live key", "_live_", /\b([rs]k_live_[A-Za-z0-9]{20,})\b/g),
  pattern("google-api-key", "a Google API key", "AIza", /\b(AIza[A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])/g),
  pattern("npm-token", "an npm token", "npm_", /\b(npm_[A-Za-z0-9]{36})\b/g),
  pattern(
    "npm-auth",
    "a token of an npm registry",
    "_authToken",
    /_authToken\s*=\s*["']?([A-Za-z0-9+/=_.-]{16,})/g,
  ),
  pattern("pypi-token", "a PyPI token", "pypi-AgE", /\b(pypi-AgE[A-Za-z0-9_-]{50,})/g),
  pattern("docker-token", "a Docker Hub token", "dckr_", /\b(dckr_[a-z]+_[A-Za-z0-9_-]{20,})/g),
  pattern(
    "sendgrid-key",
    "a SendGrid key",
    "SG.",
    /\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/g,
  ),
  pattern("openai-key", "a key of an AI service", "sk-", /\b(sk-(?:proj|ant|svcacct)-[A-Za-z0-9_-]{32,})/g),
  pattern(
    "jwt",
    "a JSON web token",
    "eyJ",
    /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,})(?![A-Za-z0-9_-])/g,
  ),
  pattern(
    "url-password",
    "a password in a URL",
    "://",
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"'<>$%{}()]{1,64}:([^\s:@/"'<>$%{}()*]{3,128})@[a-z0-9.-]+/gi,
  ),
  pattern(
    "registry-auth",
    "credentials of a registry",
    '"auth"',
    /"auth"\s*:\s*"([A-Za-z0-9+/]{12,}={0,2})"/g,
  ),
];
