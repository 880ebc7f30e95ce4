import { numberThat, refuse, type Rule } from "../../model/check_options.ts";

/** The rule for a port. */
export const portNumber: Rule = numberThat(
  "a port from 0 to 65535",
  (n) => Number.isSafeInteger(n) && n >= 0 && n <= 65_535,
);

/** The rule for a file with recordings. */
export const recordingFile: Rule = (doing, name, value) => {
  if (value instanceof URL ? value.protocol !== "file:" : typeof value !== "string" || !value) {
    refuse(doing, name, "a path or a file URL", value);
  }
};

/** The rule for the URL of a server. */
export const serverUrl: Rule = (doing, name, value) => {
  if (typeof value !== "string" || !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
    refuse(doing, name, "an http or https URL", value);
  }
};
