/**
 * A text with the logins (`user:token@`) of the addresses in it left out: for a wrong value that is shown, and for what another
 * program says of an address it was given. A token in a terminal's history or a pipeline's log is one to be replaced. The user of
 * SSH alone is no secret, and a part of the address.
 */
export const withoutLogins = (text: string): string =>
  text
    .replace(/(?<=(\w*):)\/\/[^\s/?#'"]*@/g, (login, scheme: string) =>
      scheme.endsWith("ssh") && !login.slice(2).includes(":") ? login : "//…@",
    )
    // Without a scheme, as of a registry; a tag in front of a digest is none.
    .replace(/(?<=^|[\s"'(=,])[\w.%+-]+:[^\s"'/@]+@(?!sha256:)(?=[\w[])/g, "…@");
