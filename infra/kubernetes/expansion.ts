/**
 * What the kubelet would change in a text: `$$`, a whole `$(NAME)`, and a `$` in front of a character beyond ASCII, of which it
 * takes one byte. A name has no blank, so `$(command arguments)` of a script is none.
 * Source: Kubernetes, third_party/forked/golang/expansion.
 */
const expandable = /\$(?:\$|\([^\s)]*\)|[^\0-\x7f])/;

/**
 * A text that reaches its container as it is written here, where the kubelet expands: the value of a variable, a command, its
 * arguments, a probe's command. What runs after a start, files and Secrets are not expanded.
 */
export const escapeExpansion = (text: string): string =>
  expandable.test(text) ? text.replaceAll("$", "$$$$") : text;
