import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes the build context of an image: exactly these files, each touched only when its bytes changed, so that the
 * same input gives the same context and no needless build.
 */
export function writeContext(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  mkdirSync(directory, { recursive: true });
  for (const stray of readdirSync(directory))
    if (!(stray in files)) rmSync(join(directory, stray), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = join(directory, name);
    const bytes = Buffer.from(content);
    try {
      if (readFileSync(file).equals(bytes)) continue;
    } catch {
      // Not there yet.
    }
    writeFileSync(file, bytes, { mode: 0o644 });
  }
}
