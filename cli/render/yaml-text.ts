import { Document, isScalar, visit } from "yaml";

/** Characters that some readers of YAML take for a line end, or refuse. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/**
 * A value as YAML that every reader takes for the same: each text is quoted, since readers of YAML 1.1 (Compose, kubectl) take `yes`,
 * `1_000` or `2024-01-01` for something else. Texts of several lines stay readable.
 * @param comment put beside a value instead of it, where it gives one.
 */
export function yamlText(
  value: unknown,
  comment: (text: string) => string | undefined = () => undefined,
): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      if (!isScalar(node) || typeof node.value !== "string") return;
      const instead = comment(node.value);
      if (instead !== undefined) {
        node.value = "";
        node.comment = instead;
      }
      const text = node.value as string;
      if (text.search(unprintable) >= 0) node.type = "QUOTE_DOUBLE";
      else if (key !== "key") node.type = /\n[^\n]/.test(text) ? "BLOCK_LITERAL" : "QUOTE_DOUBLE";
    },
  });
  // Only quoted texts have any of them.
  return document
    .toString({ lineWidth: 0 })
    .replaceAll(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
