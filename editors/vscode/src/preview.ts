import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as vscode from "vscode";

type Ask = (command: string, ...words: unknown[]) => Promise<unknown>;
type Range = { start: vscode.Position; end: vscode.Position };
type Shown = {
  member: string;
  counts: string;
  svg: string;
  places: Record<string, { uri: string; range: Range }>;
  at: string[];
};

/** The figure beside the text. It follows the cursor, and a click on a box selects its term. */
export class Preview implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private editor: vscode.TextEditor | undefined;
  private shown: Shown | undefined;
  private svg = "";
  private asked = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners: vscode.Disposable;

  constructor(
    private readonly ask: Ask,
    private readonly page: string,
  ) {
    this.listeners = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor((editor) => this.follow(editor)),
      vscode.window.onDidChangeTextEditorSelection((change) => this.follow(change.textEditor)),
      vscode.workspace.onDidChangeTextDocument((change) => {
        if (change.document === this.editor?.document) this.soon();
      }),
      vscode.languages.onDidChangeDiagnostics((change) => {
        if (change.uris.some((uri) => uri.toString() === this.editor?.document.uri.toString())) this.soon();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("archc.previewLevel")) this.soon();
      }),
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listeners.dispose();
    this.panel?.dispose();
  }

  open(): void {
    this.follow(vscode.window.activeTextEditor);
    if (this.panel) return this.panel.reveal(vscode.ViewColumn.Beside, true);
    this.panel = vscode.window.createWebviewPanel(
      "archc.preview",
      "Figure",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [], retainContextWhenHidden: true },
    );
    this.panel.onDidDispose(() => (this.panel = undefined));
    this.panel.webview.onDidReceiveMessage((message: { select?: string; ready?: boolean }) => {
      if (message.ready) this.svg = "";
      if (message.ready) this.soon();
      else if (message.select !== undefined) void this.select(message.select);
    });
    this.panel.webview.html = readFileSync(this.page, "utf8").replaceAll("NONCE", randomBytes(16).toString("hex"));
  }

  private follow(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.languageId !== "arch") return;
    this.editor = editor;
    this.soon();
  }

  private soon(): void {
    if (!this.panel) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.update(), 120);
  }

  private async update(): Promise<void> {
    if (!this.panel || !this.editor) return;
    const { document, selection } = this.editor;
    const number = ++this.asked;
    const level = vscode.workspace.getConfiguration("archc").get("previewLevel", "block");
    const where = [document.uri.toString(), selection.active.line, selection.active.character];
    let found: Shown | null | undefined;
    try {
      found = (await this.ask("archc.preview", ...where, level)) as Shown | null | undefined;
    } catch {
      return; // the text has changed meanwhile: the next answer comes
    }
    if (number !== this.asked || !this.panel || found === undefined) return;
    if (found) this.shown = found;
    const problems = vscode.languages
      .getDiagnostics(document.uri)
      .filter((one) => one.severity <= vscode.DiagnosticSeverity.Warning)
      .map((one) => ({
        severity: one.severity === vscode.DiagnosticSeverity.Error ? "error" : "warning",
        text: `${one.range.start.line + 1}: ${one.message.split("\n")[0]}`,
      }));
    const svg = found && found.svg !== this.svg ? found.svg : undefined;
    if (svg) this.svg = svg;
    this.panel.title = found ? `Figure of ${found.member}` : "Figure";
    await this.panel.webview.postMessage({
      svg, counts: found?.counts ?? "", member: found?.member ?? "", at: found?.at ?? [], stale: !found, problems,
    });
  }

  private async select(path: string): Promise<void> {
    const place = this.shown?.places[path];
    if (!place) return;
    const { start, end } = place.range;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(place.uri));
    await vscode.window.showTextDocument(document, {
      viewColumn: this.editor?.viewColumn,
      selection: new vscode.Range(start.line, start.character, end.line, end.character),
    });
  }
}
