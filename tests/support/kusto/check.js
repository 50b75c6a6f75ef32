// Reads {"tables": {name: {column: type}}, "queries": {name: text}, "literals": [text]}
// from standard input. Writes {"queries": {name: {"diagnostics": [...], "columns":
// [[name, type]]}}, "literals": [value]} as Microsoft's own KQL parser judges them.
"use strict";

const fs = require("fs");
const PACKAGE = "@kusto/language-service-next";
require(`${PACKAGE}/bridge.min.js`);
require(`${PACKAGE}/Kusto.Language.Bridge.min.js`);

const { KustoCode, KustoFacts, GlobalState, Symbols } = Kusto.Language;
const Table = Symbols.TableSymbol.$ctor7;
const Database = Symbols.DatabaseSymbol.$ctor4 ?? Symbols.DatabaseSymbol.ctor;

function globalsOf(tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const schema = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
    return new Table(name, `(${schema.join(", ")})`, null);
  });
  return GlobalState.Default.WithDatabase(new Database("netsig", symbols));
}

function place(text, start) {
  const before = text.slice(0, start).split("\n");
  return { line: before.length, column: before[before.length - 1].length + 1 };
}

function check(text, globals) {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const found = code.GetDiagnostics();
  const diagnostics = [];
  for (let i = 0; i < found.Count; i++) {
    const one = found.getItem(i);
    diagnostics.push({ code: one.Code, message: one.Message, ...place(text, one.Start) });
  }
  const shown = code.ResultType?.Columns;
  const columns = [];
  for (let i = 0; i < (shown?.Count ?? 0); i++) {
    columns.push([shown.getItem(i).Name, shown.getItem(i).Type.Name]);
  }
  return { diagnostics, columns };
}

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const globals = globalsOf(asked.tables ?? {});
const queries = {};
for (const [name, text] of Object.entries(asked.queries ?? {})) {
  queries[name] = check(text, globals);
}
const literals = (asked.literals ?? []).map((text) => KustoFacts.GetStringLiteralValue(text));
process.stdout.write(JSON.stringify({ queries, literals }));
