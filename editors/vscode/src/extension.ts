import * as vscode from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";
import { Preview } from "./preview";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const preview = new Preview(
    async (command, ...words) =>
      client?.state === State.Running
        ? client.sendRequest("workspace/executeCommand", { command, arguments: words })
        : undefined,
    context.asAbsolutePath("preview.html"),
  );
  context.subscriptions.push(
    preview,
    vscode.commands.registerCommand("archc.showPreview", () => preview.open()),
    vscode.commands.registerCommand("archc.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("archc.command") || change.affectsConfiguration("archc.hints")) void restart();
    }),
  );
  await restart();
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}

async function restart(): Promise<void> {
  await client?.dispose();
  const settings = vscode.workspace.getConfiguration("archc");
  const [command, ...args] = settings.get<string[]>("command", ["archc", "lsp"]);
  client = new LanguageClient(
    "archc",
    { command, args },
    { documentSelector: [{ language: "arch" }], initializationOptions: { hints: settings.get("hints") } },
  );
  try {
    await client.start();
  } catch (error) {
    void vscode.window.showErrorMessage(
      `archc: ${command} cannot be started (${error}). Install it with: pip install 'archc[lsp]', or set archc.command.`,
    );
  }
}
