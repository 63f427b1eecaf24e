// Light or dark, as chosen in Label Studio; without a choice, as set in the system.

const chosen = localStorage.getItem("preferred-color-scheme") ?? "Auto";
const dark = chosen === "Auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "Dark";
document.documentElement.dataset.colorScheme = dark ? "dark" : "light";
