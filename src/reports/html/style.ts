/** The whole look of the page. Colours of text and what lies behind it differ by 4.5 to 1 or more, in light and dark. */
export const STYLE = `
:root{--page:#f4f6f9;--card:#fff;--ink:#16202c;--soft:#556172;--line:#dde3ea;--faint:#edf0f4;--accent:#0b5cad;--code:#f1f4f8;
--c:#8f1239;--h:#c2410c;--m:#946200;--l:#1f5fbf;--u:#5b6675;--good:#18794e;--shadow:0 1px 2px #1018280d,0 4px 16px #1018280a;color-scheme:light}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){--page:#0e141b;--card:#161e28;--ink:#e6ebf1;--soft:#a0acba;--line:#2a3542;--faint:#1d2733;--accent:#7db7f5;--code:#0f161e;
--c:#f4749c;--h:#ff9566;--m:#e3b341;--l:#7db0f5;--u:#a3afbd;--good:#4cc38a;--shadow:none;color-scheme:dark}}
:root[data-theme=dark]{--page:#0e141b;--card:#161e28;--ink:#e6ebf1;--soft:#a0acba;--line:#2a3542;--faint:#1d2733;--accent:#7db7f5;--code:#0f161e;
--c:#f4749c;--h:#ff9566;--m:#e3b341;--l:#7db0f5;--u:#a3afbd;--good:#4cc38a;--shadow:none;color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
header,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}
code,pre,.id,.versions,.path{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.92em}
ul{list-style:none;margin:0;padding:0}
p{margin:0}
dd,.alerts li,.pill{overflow-wrap:anywhere;min-width:0}
a{color:var(--accent)}
abbr{text-decoration:none}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:6px}
.hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}

header{padding-top:20px}
.brand{display:flex;align-items:center;gap:8px;color:var(--soft);font-size:14px}
.brand span{flex:1}
.sign{width:22px;height:22px;fill:var(--accent)}
h1{margin:14px 0 0;font-size:clamp(20px,3.2vw,30px);line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
.digest{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.facts>div{min-width:0}
.facts{display:flex;flex-wrap:wrap;gap:6px 28px;margin:14px 0 22px}
dt{color:var(--soft);font-size:12px}
dd{margin:0}

.alerts{display:grid;grid-template-columns:minmax(0,1fr);gap:8px;margin-bottom:16px}
.alerts li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 16px;box-shadow:inset 4px 0 var(--m)}
.alerts .bad{box-shadow:inset 4px 0 var(--c)}
.summary{display:grid;grid-template-columns:minmax(300px,1fr) 2.2fr;gap:16px;margin-bottom:24px}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px 18px;box-shadow:var(--shadow);min-width:0}
.ring{display:flex;align-items:center;gap:22px}
.donut{width:148px;flex:none}
.donut circle{fill:none;stroke-width:13}
.donut .track{stroke:var(--faint)}
.donut .total{font-size:26px;font-weight:700;fill:var(--ink);font-variant-numeric:tabular-nums}
.donut .unit{font-size:10.5px;fill:var(--soft)}
.arc.c{stroke:var(--c)}.arc.h{stroke:var(--h)}.arc.m{stroke:var(--m)}.arc.l{stroke:var(--l)}.arc.u{stroke:var(--u)}
.legend{flex:1;display:grid;gap:5px;font-size:14px}
.legend li{display:flex;align-items:center;gap:8px}
.legend b{margin-left:auto;font-variant-numeric:tabular-nums}
.dot{display:inline-block;width:10px;height:10px;border-radius:3px;flex:none}
.dot.c{background:var(--c)}.dot.h{background:var(--h)}.dot.m{background:var(--m)}.dot.l{background:var(--l)}.dot.u{background:var(--u)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(138px,1fr));gap:16px}
.cards .card{display:flex;flex-direction:column}
.card h2{margin:0;font-size:13px;font-weight:500;color:var(--soft)}
.number{font-size:30px;font-weight:700;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums;margin-bottom:auto;padding-bottom:8px}
.number small{font-size:14px;font-weight:500;color:var(--soft);letter-spacing:0}
.empty .number{color:var(--soft)}
.bar{display:block;width:100%;height:6px;border-radius:3px;overflow:hidden}
.bar .track{fill:var(--faint)}.bar .good{fill:var(--good)}
.bar .c{fill:var(--c)}.bar .h{fill:var(--h)}.bar .m{fill:var(--m)}.bar .l{fill:var(--l)}.bar .u{fill:var(--u)}
.card .note{margin-top:8px;font-size:13px;color:var(--soft)}

.tools{display:none;position:sticky;top:0;z-index:1;background:var(--page);padding:10px 0;margin:-10px 0 0}
.js .tools{display:block}
.line{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.chips{margin-top:8px;gap:8px 18px}
.group{display:flex;flex-wrap:wrap;gap:6px}
.search{flex:1 1 240px}
input,select,button{font:inherit;color:inherit}
input,select,.ghost{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:7px 11px;min-height:38px}
input{width:100%}
::placeholder{color:var(--soft);opacity:1}
.pick{display:flex;align-items:center;gap:6px;color:var(--soft);font-size:13px}
.pick select{font-size:14px;color:var(--ink);max-width:190px}
button{cursor:pointer}
.ghost{font-size:14px}
.ghost:hover,.chip:hover{border-color:var(--soft)}
.ghost[aria-pressed=true]{border-color:var(--accent);color:var(--accent)}
.chip{display:inline-flex;align-items:center;gap:6px;background:var(--card);border:1px solid var(--line);border-radius:99px;padding:3px 12px;min-height:30px;font-size:13.5px}
.chip b{color:var(--soft);font-weight:600;font-variant-numeric:tabular-nums}
.chip[aria-pressed=true]{background:var(--ink);border-color:var(--ink);color:var(--page)}
.chip[aria-pressed=true] b{color:inherit}
.link{background:none;border:0;padding:0;color:var(--accent);text-decoration:underline}
.count{margin-top:8px;font-size:13px;color:var(--soft);min-height:20px}

.cols,summary{display:grid;grid-template-columns:92px minmax(0,1fr) minmax(0,.62fr) 92px 14px;gap:14px;align-items:start}
.cols{padding:0 18px 6px;font-size:12px;color:var(--soft)}
#list{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shadow);overflow:clip}
.f+.f{border-top:1px solid var(--line)}
summary{cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
.f summary{padding:11px 18px}
.f summary:hover{background:var(--faint)}
.f summary:focus-visible{outline-offset:-3px;border-radius:12px}
.f summary::after{content:"";width:7px;height:7px;margin-top:7px;border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(45deg)}
details[open]>summary::after{transform:translateY(3px) rotate(225deg)}
.pill{justify-self:start;border-radius:99px;padding:1px 10px;font-size:12.5px;font-weight:600;border:1px solid currentColor}
.pill.c{color:var(--c)}.pill.h{color:var(--h)}.pill.m{color:var(--m)}.pill.l{color:var(--l)}.pill.u{color:var(--u)}
.pill.c{background:var(--c);border-color:var(--c);color:var(--card)}
.what,.where,.score{display:flex;flex-direction:column;min-width:0}
.what{display:block}
.id{font-weight:600;overflow-wrap:anywhere}
.badge{display:inline-block;margin-left:8px;border-radius:6px;padding:0 7px;font-size:12px;background:var(--faint);color:var(--soft);vertical-align:1px}
.badge.hot{background:var(--c);color:var(--card);font-weight:600}
.title{display:block;color:var(--soft);font-size:14px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
details[open] .title{white-space:normal}
.pkg{font-weight:500;overflow-wrap:anywhere}
.path{font-weight:400}
.versions{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.fix{color:var(--good)}
.status{font-style:italic}
.score{font-size:13px;color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap}
.more{padding:10px 18px 18px 124px}
.more .text{max-width:78ch;white-space:pre-line;overflow-wrap:anywhere;margin-bottom:12px}
.more dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:10px 24px;margin:0 0 12px}
.more dd{overflow-wrap:anywhere;font-size:14px}
.more code,pre{background:var(--code);border-radius:5px;padding:1px 5px}
.links{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13.5px}
.links li{overflow-wrap:anywhere}
pre{margin:0 0 12px;padding:10px 12px;overflow:auto;font-size:13px;border:1px solid var(--line)}
pre code{display:block;padding:0;background:none}
#rest{display:block;margin:12px auto}
#list:empty{display:none}
.line i{display:inline-block;min-width:34px;color:var(--soft);font-style:normal;user-select:none}
pre .line{display:block}
.cause{background:color-mix(in srgb,var(--c) 14%,transparent)}
.nothing{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:36px 24px;text-align:center;color:var(--soft)}
.nothing strong{display:block;color:var(--good);font-size:20px}

footer{margin-top:20px;padding-bottom:40px;font-size:14px}
footer .note summary{display:block;padding:8px 0;color:var(--soft)}
footer .note summary::before{content:"▸ "}
footer .note[open] summary::before{content:"▾ "}
footer .note summary::after{content:none}
footer li{padding:3px 0 3px 16px;overflow-wrap:anywhere}

@media (max-width:860px){
.summary{grid-template-columns:1fr}
.cols{display:none}
.f summary{grid-template-columns:1fr auto;gap:4px 10px;padding:12px 14px}
.what{grid-column:1/-1;grid-row:2}
.where{grid-column:1/-1;grid-row:3}
.score{flex-direction:row;gap:12px;grid-column:2;grid-row:1}
.f summary::after{content:none}
.title{white-space:normal}
.more{padding:10px 14px 16px}
.tools{position:static}
}
@media (max-width:520px){
header,main,footer{padding-left:14px;padding-right:14px}
.cards{grid-template-columns:1fr 1fr;gap:10px}
.cards .card{padding:12px 14px}
.cards .card:last-child{grid-column:1/-1}
.number{font-size:25px}
.ring{gap:16px}
.donut{width:128px}
.pick{flex:1}
.pick select{flex:1;max-width:none;min-width:0}
}
@media (prefers-reduced-motion:no-preference){.f summary::after{transition:transform .12s}}
@media (forced-colors:active){.pill,.dot,.bar rect,.arc{forced-color-adjust:none}}
@media print{
:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--faint:#eee;--shadow:none}
body{font-size:11px}
.js .tools,.ghost,.f summary::after{display:none}
.f{break-inside:avoid}
.title{white-space:normal}
#list,.card{border-radius:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
