// A test that does not run says why; one that hides the others is an accident.
import { lineAt, type Rule } from "./source.ts";
import { isNode, isTypeScript, programOf, walk } from "./syntax.ts";

const silent = new Set(["skip", "skipIf", "runIf", "only", "todo"]);
const blocks = new Set(["describe", "it", "test", "suite"]);

export const silentSkips: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && file.path.endsWith(".test.ts"))
    .flatMap((file) => {
      const lines: { line: number; name: string }[] = [];
      walk(programOf(file), (node) => {
        if (node.type !== "MemberExpression" || !isNode(node.object) || !isNode(node.property))
          return undefined;
        const { object, property } = node;
        if (blocks.has(String(object.name)) && silent.has(String(property.name))) {
          lines.push({ line: lineAt(file.text, node.start), name: `${object.name}.${property.name}` });
        }
        return undefined;
      });
      return lines.map(({ line, name }) => ({
        path: file.path,
        line,
        message: `${name}: say why with skipBecause from test/support/skip.ts`,
      }));
    });
