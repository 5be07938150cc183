export function requestOrigin(
  url: string,
  host: string,
): { readonly target: string; readonly host: string } | undefined {
  if (url.startsWith("/") || url === "*") return { target: url, host };
  const absolute = /^http:\/\/([^/?#@\s]+)((?:[/?].*)?)$/i.exec(url);
  if (absolute === null) return undefined;
  const rest = absolute[2] ?? "";
  return { target: rest.startsWith("/") ? rest : `/${rest}`, host: absolute[1] as string };
}
