/** Finds uses of the global `Deno` in TypeScript. */
import ts from "typescript";

/** Returns the lines of code that use `Deno`, in any form; comments and texts do not count. */
export function linesWithDeno(path: string, source: string): number[] {
  if (!source.includes("Deno")) return [];
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (isDeno(node)) lines.add(file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1);
    node.forEachChild(visit);
  };
  visit(file);
  return [...lines];
}

/** Returns the types of `Deno` that the declarations of a module mention, such as `Deno.Kv`. */
export function declaredDenoTypes(path: string, source: string): string[] {
  if (linesWithDeno(path, source).length === 0) return [];
  const { outputText } = ts.transpileDeclaration(source, {
    fileName: path,
    compilerOptions: { declaration: true, isolatedDeclarations: true },
  });
  const file = ts.createSourceFile(path, outputText, ts.ScriptTarget.Latest, true);
  const types: string[] = [];
  const visit = (node: ts.Node): void => {
    const isQuery = ts.isTypeQueryNode(node) && node.exprName.getText(file) === "Deno";
    if (isQuery || ts.isQualifiedName(node) && node.left.getText(file) === "Deno") {
      types.push(node.getText(file));
    }
    node.forEachChild(visit);
  };
  visit(file);
  return types;
}

/** Whether a node is the name `Deno`, or `"Deno"` as in `globalThis["Deno"]`. */
function isDeno(node: ts.Node): boolean {
  if (ts.isIdentifier(node)) return node.text === "Deno";
  if (!ts.isStringLiteralLike(node) || node.text !== "Deno") return false;
  const { parent } = node;
  return ts.isElementAccessExpression(parent) || ts.isLiteralTypeNode(parent) ||
    ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InKeyword;
}
