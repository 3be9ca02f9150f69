// The quantization page's style sheet.
#ifndef OCTET_CLIENT_CLI_QUANTIZE_PAGE_STYLE_H_
#define OCTET_CLIENT_CLI_QUANTIZE_PAGE_STYLE_H_

namespace octet::client {

inline constexpr char kQuantizePageStyle[] = R"css(
:root { color-scheme: light dark; --text: #1c2430; --muted: #5d6b7d; --line: #dde3ea;
  --page: #f5f7fa; --card: #ffffff; --good: #2f8f6b; --fair: #d9962b; --poor: #c8453b;
  --bin: #3d6fb6; --range: #3d6fb622; --chip: #eef2f7; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e9f0; --muted: #98a6b8; --line: #303a47;
  --page: #12171e; --card: #1a212b; --good: #4db68c; --fair: #e2ac52; --poor: #e06a60;
  --bin: #6e9fe4; --range: #6e9fe430; --chip: #26303c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 4px; }
p { margin: 0 0 12px; }
.muted, .legend { color: var(--muted); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px;
  margin-top: 20px; }
.tile, .card, .panel { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; min-width: 0; }
.tile b { display: block; font-size: 22px; line-height: 1.3; }
.tile span { display: block; color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.panel { padding: 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { text-align: left; color: var(--muted); font-weight: 600; white-space: nowrap; }
th, td { padding: 6px 12px; border-bottom: 1px solid var(--line); vertical-align: middle; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.name { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px;
  white-space: nowrap; }
td.bars { width: 32%; min-width: 140px; }
tr.float td { color: var(--muted); }
.track { background: var(--chip); border-radius: 3px; height: 14px; }
.bar { height: 14px; border-radius: 3px; min-width: 2px; }
.good { background: var(--good); } .fair { background: var(--fair); }
.poor { background: var(--poor); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px;
  margin: 0 4px 0 12px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 12px; }
.card h3 { margin: 0; font: 600 12px/1.4 ui-monospace, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.card p { margin: 0; font-size: 12px; color: var(--muted); font-variant-numeric: tabular-nums; }
.card svg { display: block; width: 100%; margin: 10px 0 6px; }
.ends { display: flex; justify-content: space-between; }
svg .range { fill: var(--range); } svg .bin { fill: var(--bin); }
svg .axis { fill: var(--line); } svg .zero { fill: var(--muted); opacity: 0.5; }
.verdict { font-weight: 600; } .yes { color: var(--good); } .no { color: var(--poor); }
.targets { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; }
.targets ul, .notes { margin: 8px 0 0; padding-left: 18px; font-size: 13px;
  overflow-wrap: anywhere; }
)css";

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_QUANTIZE_PAGE_STYLE_H_
