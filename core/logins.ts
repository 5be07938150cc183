/**
 * A text without the logins (`user:token@`) of the addresses in it. Every address that reaches a person or a log goes through here:
 * a token in a terminal's history or a pipeline's log is one to be replaced.
 */
export const withoutLogins = (text: string): string =>
  text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#'"]*@/gi, "$1");
