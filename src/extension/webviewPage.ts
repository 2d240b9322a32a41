/** The HTML around every webview: a strict content security policy, one script, one style sheet, and nothing inline. */
import * as vscode from "vscode";
import { randomBytes } from "node:crypto";

export type PageName = "runView" | "playground" | "table" | "rowPreview" | "datasetReport" | "columns";

const folder = (extension: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(extension, "dist", "webview");

export const pageOptions = (extension: vscode.Uri): vscode.WebviewOptions => ({ enableScripts: true, enableForms: false, localResourceRoots: [folder(extension)] });

/** `paintsPictures` lets the page turn what it drew itself into a picture. `data` becomes data-* attributes of the body: what a page must know before its first message. */
export const pageHtml = (webview: vscode.Webview, extension: vscode.Uri, name: PageName, title: string, data: Readonly<Record<string, string>> = {}, paintsPictures = false): string => {
  const nonce = randomBytes(18).toString("base64");
  const own = (file: string): string => escapeHtml(webview.asWebviewUri(vscode.Uri.joinPath(folder(extension), file)).toString());
  const policy = `default-src 'none'; style-src ${webview.cspSource}; font-src ${webview.cspSource}; img-src ${webview.cspSource}${paintsPictures ? " blob:" : ""}; script-src 'nonce-${nonce}'`;
  const attributes = Object.entries(data).map(([key, value]) => ` data-${key}="${escapeHtml(value)}"`).join("");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${own(`${name}.css`)}">
<title>${escapeHtml(title)}</title>
</head>
<body${attributes}>
<main id="root" data-page="${name}"></main>
<script nonce="${nonce}" src="${own(`${name}.js`)}"></script>
</body>
</html>`;
};

const escapeHtml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
