import { type Alias, isAlias, type Node, type parseDocument, visit } from "yaml";

/**
 * What each alias of a document stands for: the last node in front of it that has its name as an anchor, in one walk over the
 * document. An alias of nothing is not in it.
 */
export function aliasTargets(document: ReturnType<typeof parseDocument>): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
