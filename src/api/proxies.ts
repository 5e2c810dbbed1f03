/** Proxy variables as curl and Docker read them: either case, lower case first; an upper-case HTTP_PROXY counts, too. */
export function proxiesFrom(variables: Readonly<Record<string, string>>): {
  http?: string;
  https?: string;
  noProxy?: string;
  no?: string;
} {
  const read = (name: string) => variables[name.toLowerCase()] || variables[name.toUpperCase()];
  const http = read("http_proxy");
  const https = read("https_proxy");
  const noProxy = read("no_proxy");
  return {
    ...(http ? { http } : {}),
    ...(https ? { https } : {}),
    ...(noProxy ? { no: noProxy, noProxy } : {}),
  };
}
