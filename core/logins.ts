/**
 * A text with the logins (`user:token@`) of the addresses in it left out: for a wrong value that is shown, and for what another
 * program says of an address it was given. A token in a terminal's history or a pipeline's log is one to be replaced. The user of
 * SSH alone is no secret, and a part of the address. A tag in front of a digest is none.
 */
export const withoutLogins = (text: string): string =>
  text
    .replace(
      /\b([a-z][\w+.-]*)(:\/{1,2}|\/\/)([^\s"']*)@(?!sha256:)/gi,
      (whole, scheme: string, slashes: string, inside: string) =>
        isLogin(inside, scheme) ? `${scheme}${slashes}…@` : whole,
    )
    // Without a scheme, as of a registry.
    .replace(/(?<=^|[\s"'(=,])[\w.%+-]+:(?!\/|@)([^\s"']*)@(?!sha256:)(?=[\w[])/g, (whole, inside: string) =>
      /^\d{1,5}\//.test(inside) ? whole : "…@",
    );

/** Whether what stands before an @ is a login: one of a path is none, and a password may have the signs that begin a path. */
function isLogin(inside: string, scheme: string): boolean {
  const [authority = ""] = inside.split(/[/?#]/, 1);
  if (authority === inside) return !(scheme.endsWith("ssh") && !inside.includes(":"));
  return authority.includes("@") || /:(?!\d{1,5}$)/.test(authority);
}

/** A value that is not what it should be, so that nobody knows where a login in it ends: nothing before its last @ is shown. */
export function withoutLogin(value: string): string {
  const digest = /@sha256:[0-9a-z]*$/i.exec(value)?.[0] ?? "";
  const name = value.slice(0, value.length - digest.length);
  const at = name.lastIndexOf("@");
  return at < 0 ? value : `…${name.slice(at)}${digest}`;
}
