// The interface language: the user's choice, else the project's setting.

import { changeLanguage } from "./upload.js";

const LANGUAGES = ["en", "ar"];

/** The language to use, where a project has its own default. */
export function languageOf(standard) {
  const chosen = document.querySelector("meta[name=annotate-language]")?.content;
  return [chosen, standard].find((one) => LANGUAGES.includes(one)) ?? "en";
}

export const directionOf = (language) => (language === "ar" ? "rtl" : "ltr");

export const otherThan = (language) => (language === "ar" ? "en" : "ar");

/** Store a choice on the server and reload the page in it. Drafts and takes are preserved. */
export async function choose(language) {
  await changeLanguage(language);
  location.reload();
}
