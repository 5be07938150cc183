import type { Invalid } from "./validation.ts";

/** The most characters of a path: request lines are read up to some thousands. */
const longest = 1024;
/** Segments that mean "here" and "one up". */
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** Why a text is no path of a URL as this platform writes them: absolute, plain, one spelling; undefined when it is one. */
export function validateUrlPath(text: string): Invalid | undefined {
  const fault = plainFault(text);
  if (fault !== undefined) return fault;
  if (!/^[A-Za-z0-9._~/-]*$/.test(text))
    return /%/.test(text)
      ? "must be without escapes: only letters, digits, '-', '.', '_', '~' and '/'"
      : "must be a path of letters, digits, '-', '.', '_', '~' and '/' alone";
  return undefined;
}

/** Why a text is no prefix of a route; undefined when it is one. */
export function validatePrefix(text: string): Invalid | undefined {
  if (/^\/\/+[^/]/.test(text))
    return {
      message: `"${text}" begins with two slashes, as no path may that is served`,
      write: text.replaceAll(/\/+/g, "/"),
    };
  const fault = validateUrlPath(text);
  if (fault !== undefined || text === "/" || !text.endsWith("/")) return fault;
  return { message: `"${text}" ends with /`, write: text.slice(0, -1) };
}

/** Why a text is no ending of a file's name; undefined when it is one. */
export const validateSuffix = (text: string): Invalid | undefined => {
  if (/^(\.[A-Za-z0-9_~-]+)+$/.test(text)) return undefined;
  const message = "must be the ending of a file's name, such as .png";
  return /^[A-Za-z0-9]+$/.test(text) ? { message, write: `.${text}` } : message;
};

/** Folders that the kernel or the platform fills itself. */
const ownFolders: Readonly<Record<string, string>> = {
  "/": "it is the whole image",
  "/proc": "it is the kernel's",
  "/sys": "it is the kernel's",
  "/dev": "it is the kernel's",
  "/etc": "names and addresses are resolved by files in it",
  "/tmp": "the platform mounts it itself",
  "/run": "secrets and plans are mounted in it",
};

/** Why a text is no folder of a container that something can be mounted at; undefined when it is one. */
export function validateFolder(text: string): Invalid | undefined {
  const fault = plainFault(text);
  if (fault !== undefined) return fault;
  if (text !== "/" && text.endsWith("/"))
    return { message: `"${text}" ends with /`, write: text.slice(0, -1) };
  // A colon parts the words of a mount. Source: Kubernetes, VolumeMount.mountPath; Docker, "--volume".
  if (!/^[A-Za-z0-9._/@+-]*$/.test(text))
    return "must be a folder of letters, digits, '.', '_', '-', '+', '@' and '/' alone";
  const own = Object.keys(ownFolders).find(
    (folder) =>
      text === folder || (["/proc", "/sys", "/dev"].includes(folder) && text.startsWith(`${folder}/`)),
  );
  return own === undefined ? undefined : `"${text}" cannot be mounted: ${ownFolders[own]}`;
}

/** What no absolute path may have. */
function plainFault(text: string): Invalid | undefined {
  if (text === "") return { message: "must be an absolute path", write: "/" };
  if (text.length > longest) return `must have at most ${longest} characters`;
  if (/[\p{Cc}\s]/u.test(text)) return "must be a path without blanks and control characters";
  if (/[?#]/.test(text)) {
    const write = text.replace(/[?#].*$/, "");
    const message = "must be a path alone, without query or fragment";
    return write.startsWith("/") ? { message, write } : message;
  }
  if (!text.startsWith("/")) {
    const message = "must be an absolute path, which begins with /";
    return /^[a-z][a-z0-9+.-]*:/i.test(text) || dotSegment.test(text)
      ? message
      : { message, write: `/${text}` };
  }
  if (dotSegment.test(text))
    return `"${text}" must be without the segments "." and "..": write where they lead`;
  if (text.includes("//"))
    return { message: `"${text}" has two slashes in a row`, write: text.replaceAll(/\/+/g, "/") };
  return undefined;
}
