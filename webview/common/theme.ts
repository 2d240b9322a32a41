/** Tells when VS Code's theme changed, for what is painted and not styled. */

/** VS Code changes the body's class and the root element's style; both may change at once, so one call follows per frame. */
export const onThemeChange = (listener: () => void): void => {
  let due = false;
  const observer = new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      listener();
    });
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class", "data-vscode-theme-id"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
};
