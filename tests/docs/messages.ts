/** Finds the texts that a source file can print. */
import ts from "typescript";

/** The place in a message of what differs from time to time. */
export const HOLE = "…";

/** A text in a source file. */
export interface Message {
  /** The text on one line, with a {@linkcode HOLE} for each expression. */
  readonly text: string;
  /** The path of the file and the number of the line, such as `src/cli/run/run.ts:41`. */
  readonly at: string;
}

/** Methods and classes whose texts are for `--help`, or are compared with others. */
const NOT_PRINTED: ReadonlySet<string> = new Set([
  "Argument",
  "Command",
  "Option",
  "addHelpText",
  "argument",
  "description",
  "endsWith",
  "import",
  "includes",
  "option",
  "optionsGroup",
  "replace",
  "replaceAll",
  "startsWith",
  "summary",
  "usage",
]);

/**
 * Returns the messages of a source file: its texts of three words or more, and those that begin
 * with "Cannot" or end with a reason after a colon. Texts that are joined with `+` are one message.
 * Texts for `--help`, and those of several lines, are left out.
 */
export function messagesIn(path: string, source: string): readonly Message[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const messages: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && isNotPrinted(node)) {
      // A chain of calls may have other calls in front.
      ts.forEachChild(node.expression, visit);
      for (const argument of node.arguments ?? []) {
        if (ts.isFunctionLike(argument)) visit(argument);
      }
      return;
    }
    const text = ts.isExpression(node) ? textOf(node) : undefined;
    if (text !== undefined && isMessage(text)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      messages.push({ text: text.replaceAll(/\s+/g, " ").trim(), at: `${path}:${line + 1}` });
    }
    if (text === undefined) ts.forEachChild(node, visit);
    else for (const hole of holesOf(node)) visit(hole);
  };
  visit(file);
  return messages;
}

function isNotPrinted({ expression }: ts.CallExpression | ts.NewExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isPropertyAccessExpression(expression)) return NOT_PRINTED.has(expression.name.text);
  return ts.isIdentifier(expression) && NOT_PRINTED.has(expression.text);
}

function isMessage(text: string): boolean {
  const isHelp = text.startsWith("\n") || (text.match(/\n/g) ?? []).length > 2;
  const words = text.replaceAll(HOLE, " ").split(/\s+/).filter((word) => /[a-z]/i.test(word));
  const hasReason = words.length > 0 && text.trim().endsWith(`: ${HOLE}`);
  return !isHelp && (words.length >= 3 || hasReason || text.startsWith("Cannot "));
}

/** Returns the text of a literal, or of several that are joined; `undefined` for all else. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) =>
      (textOf(expression) ?? HOLE) + literal.text
    );
    return node.head.text + spans.join("");
  }
  if (!isJoin(node)) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined && right === undefined ? undefined : (left ?? HOLE) + (right ?? HOLE);
}

/** Returns the expressions in a text, in which there may be other texts. */
function holesOf(node: ts.Node): readonly ts.Node[] {
  if (ts.isParenthesizedExpression(node)) return holesOf(node.expression);
  const parts = ts.isTemplateExpression(node)
    ? node.templateSpans.map(({ expression }) => expression)
    : isJoin(node)
    ? [node.left, node.right]
    : [];
  return parts.flatMap((part) => textOf(part) === undefined ? [part] : holesOf(part));
}

function isJoin(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
}

/** Returns the members of each union of texts in a source file that is named like `ErrorCode`. */
export function codesIn(path: string, source: string): ReadonlyMap<string, readonly string[]> {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const unions = new Map<string, readonly string[]>();
  for (const node of file.statements) {
    if (!ts.isTypeAliasDeclaration(node) || !node.name.text.endsWith("Code")) continue;
    const members = ts.isUnionTypeNode(node.type) ? node.type.types : [node.type];
    const codes = members.map((member) =>
      ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)
        ? member.literal.text
        : undefined
    ).filter((code) => code !== undefined);
    if (codes.length > 0) unions.set(node.name.text, codes);
  }
  return unions;
}
