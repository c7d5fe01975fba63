# Flattens the YAML that cloud-init seeds are written in to lines "path<TAB>value", such as "users/0/name<TAB>ada".
# Reads block and flow collections, plain, quoted and block scalars, comments and folded lines; no anchors, tags or
# multiple documents. In a value, backslash and line feed are written \\ and \n (printf %b undoes it).
# Needs POSIX awk only: the guest runs it in busybox, the tests in whatever awk the machine has.
{ sub(/\r$/, ""); line[++lines] = $0 }

END {
  depth = 1; indentAt[1] = -1; pathAt[1] = ""; kindAt[1] = "map"; pending = ""
  for (at = 1; at <= lines; at++) {
    text = line[at]
    if (isBlank(text) || text ~ /^(---|\.\.\.|%)/) continue
    indent = indentOf(text); text = substr(text, indent + 1)
    while (text != "") text = node(text)
  }
}

# Handles what starts at column `indent`; answers what is left of the line for a deeper level, or "".
function node(text,    key, lead, width) {
  if (text == "-" || text ~ /^- /) {
    enter(indent, "seq")
    pending = child(pathAt[depth], countAt[depth]++); owner = indent
    lead = substr(text, 2); width = 1 + indentOf(lead)
    text = substr(text, width + 1)
    if (text ~ /^#/) return ""
    indent += width
    return text
  }
  key = keyOf(text)
  if (key != "") {
    enter(indent, "map")
    pending = child(pathAt[depth], unquoted(key)); owner = indent
    text = substr(text, length(key) + 2)
    sub(/^ +/, "", text)
    if (text == "" || text ~ /^#/) return ""
    value(text)
    return ""
  }
  value(text)
  return ""
}

# Makes the innermost open collection the one of this indent and kind, opening or closing as needed.
function enter(indent, kind) {
  while (indentAt[depth] > indent || (indentAt[depth] == indent && kindAt[depth] == "seq" && kind == "map")) depth--
  if (indentAt[depth] == indent && kindAt[depth] == kind) return
  depth++
  indentAt[depth] = indent; kindAt[depth] = kind; pathAt[depth] = pending; countAt[depth] = 0
}

function value(text,    mark) {
  if (text ~ /^[|>]/) { blockScalar(substr(text, 1, 1), text); return }
  mark = substr(text, 1, 1)
  if (mark == "[" || mark == "{") { flowText = text; while (!closed(flowText) && at < lines) flowText = flowText " " trim(line[++at]); pos = 1; flow(pending); return }
  if (mark == "\"" || mark == "'") {
    while (!closedQuote(text, mark) && at < lines) { at++; text = text (isBlank(line[at]) ? "\\n" : (text ~ /\\$/ ? "" : " ") trim(line[at])); }
    if (mark == "\"") gsub(/\\ /, "", text)
    emit(pending, unquoted(substr(text, 1, quoteEnd(text, 1))))
    return
  }
  # A plain scalar goes on over lines that are indented deeper than the key or dash that owns it.
  sub(/ +#.*$/, "", text); text = trim(text)
  while (at < lines && !isBlank(line[at + 1]) && indentOf(line[at + 1]) > owner) text = text " " trim(line[++at])
  if (text != "null" && text != "~") emit(pending, text)
}

function blockScalar(style, header,    inner, out, n, breaks, chomp, text) {
  chomp = header ~ /-/ ? "strip" : "clip"
  inner = -1; out = ""; n = 0; breaks = 0
  while (at < lines) {
    text = line[at + 1]
    if (text ~ /^ *$/) { at++; if (n > 0) breaks++; continue }
    if (indentOf(text) <= owner) break
    if (inner < 0) inner = indentOf(text)
    if (indentOf(text) < inner) break
    at++
    if (n > 0) out = out (style == ">" && breaks == 0 ? " " : repeat("\n", style == ">" ? breaks : breaks + 1))
    out = out substr(text, inner + 1); n++; breaks = 0
  }
  if (chomp == "clip" && n > 0) out = out "\n"
  emit(pending, out)
}

# Flow collections: [a, "b"], {name: x, list: [1, 2]}; reads flowText from pos.
function flow(path,    c, n, key, start) {
  skipBlanks()
  c = substr(flowText, pos, 1)
  if (c == "[") {
    pos++; n = 0
    for (;;) { skipBlanks(); c = substr(flowText, pos, 1); if (c == "]" || c == "") { pos++; return } if (c == ",") { pos++; continue } flow(child(path, n++)) }
  }
  if (c == "{") {
    pos++
    for (;;) {
      skipBlanks(); c = substr(flowText, pos, 1)
      if (c == "}" || c == "") { pos++; return }
      if (c == ",") { pos++; continue }
      key = flowScalar(":,}"); skipBlanks()
      if (substr(flowText, pos, 1) == ":") { pos++; flow(child(path, key)) }
    }
  }
  start = pos; key = flowScalar(",]}")
  if (pos == start) pos++
  if (key != "null" && key != "~") emit(path, key)
}

function flowScalar(stops,    c, start, end) {
  c = substr(flowText, pos, 1); start = pos
  if (c == "\"" || c == "'") { end = quoteEnd(flowText, pos); pos = end + 1; return unquoted(substr(flowText, start, end - start + 1)) }
  while (pos <= length(flowText)) {
    c = substr(flowText, pos, 1)
    # A colon ends a key only before a blank: "fe80::1" and "http://x" are plain scalars.
    if (index(stops, c) && !(c == ":" && substr(flowText, pos + 1, 1) !~ /^[ ,}]?$/)) break
    pos++
  }
  return trim(substr(flowText, start, pos - start))
}

function skipBlanks() { while (substr(flowText, pos, 1) == " ") pos++ }

# Whether all brackets outside quotes are closed.
function closed(text,    i, c, open) {
  open = 0
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if ((c == "\"" || c == "'") && substr(text, i - 1, 1) ~ /[ ,:[{]/) i = quoteEnd(text, i)
    else if (c == "[" || c == "{") open++
    else if (c == "]" || c == "}") open--
  }
  return open <= 0
}

function closedQuote(text, mark) { return substr(text, quoteEnd(text, 1), 1) == mark && quoteEnd(text, 1) > 1 }

# Where the quoted string that starts at `start` ends.
function quoteEnd(text, start,    mark, i, c) {
  mark = substr(text, start, 1)
  for (i = start + 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (mark == "\"" && c == "\\") i++
    else if (c == mark) { if (mark == "'" && substr(text, i + 1, 1) == "'") i++; else return i }
  }
  return length(text) + 1
}

function unquoted(text,    mark, out, i, c) {
  mark = substr(text, 1, 1)
  if (mark != "\"" && mark != "'") return text
  text = substr(text, 2, length(text) - 2)
  if (mark == "'") { gsub(/''/, "'", text); return text }
  out = ""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "\\") { c = substr(text, ++i, 1); c = c == "n" ? "\n" : c == "t" ? "\t" : c }
    out = out c
  }
  return out
}

# The key of "key: …" or "key:", as written; "" when the text starts with none.
function keyOf(text,    end) {
  if (text ~ /^["']/) { end = quoteEnd(text, 1); return substr(text, end + 1) ~ /^:( |$)/ ? substr(text, 1, end) : "" }
  if (text ~ /^[[{|>&*!%@`#]/) return ""
  end = match(text, /:( |$)/)
  return end > 1 ? substr(text, 1, end - 1) : ""
}

function emit(path, text) {
  gsub(/\\/, "\\\\", text); gsub(/\n/, "\\n", text); gsub(/\t/, " ", text)
  printf "%s\t%s\n", path, text
}

function child(path, name) { return path == "" ? name "" : path "/" name }
function indentOf(text) { match(text, /^ */); return RLENGTH }
function isBlank(text) { return text ~ /^ *(#.*)?$/ }
function trim(text) { sub(/^ +/, "", text); sub(/ +$/, "", text); return text }
function repeat(text, n,    out) { out = ""; while (n-- > 0) out = out text; return out }
