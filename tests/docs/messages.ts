/** Finds the texts that a part of the sources can print. */
import ts from "typescript";

/** The hole of a message: what differs from time to time. */
export const HOLE = "…";

/** A message in a source. */
export interface Message {
  /** Its text, with a {@linkcode HOLE} for each expression. */
  readonly text: string;
  /** The path of the file and the number of the line, such as `src/cli/run/run.ts:41`. */
  readonly at: string;
}

export function messagesIn(path: string, source: string): Message[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isExpression(node)) {
      const text = textOf(node);
      if (text !== undefined) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        found.push({ text, at: `${path}:${line + 1}` });
        visitHoles(node);
        return;
      }
    }
    ts.forEachChild(node, visit);
  };
  const visitHoles = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) {
      for (const { expression } of node.templateSpans) visit(expression);
    } else if (ts.isBinaryExpression(node)) {
      for (const side of [node.left, node.right]) {
        if (textOf(side) === undefined) visit(side);
        else visitHoles(side);
      }
    } else if (ts.isParenthesizedExpression(node)) visitHoles(node.expression);
  };
  visit(file);
  return found;
}

function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (ts.isTemplateExpression(node)) {
    return node.head.text +
      node.templateSpans.map(({ expression, literal }) =>
        (textOf(expression) ?? HOLE) + literal.text
      ).join("");
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const left = textOf(node.left), right = textOf(node.right);
    if (left === undefined && right === undefined) return undefined;
    return (left ?? HOLE) + (right ?? HOLE);
  }
  return undefined;
}
