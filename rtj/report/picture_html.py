"""Pictures as one page that needs nothing else: to move and to zoom, with all that is known of a box under the pointer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from rtj.base.plain import safe
from rtj.report.picture_style import Theme, page_colours, style_sheet
from rtj.report.picture_svg import Drawing

_PAGE = """\
<!DOCTYPE html>
<html lang="en" data-theme="{theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><strong>{title}</strong><nav>{links}</nav><span class="tools"><button data-do="less" title="Smaller (-)">−</button>\
<button data-do="more" title="Larger (+)">+</button><button data-do="fit" title="All of it (0)">Fit</button></span></header>
<main>{pictures}</main>
<div id="tip" role="tooltip" hidden></div>
<script>{script}</script>
</body>
</html>
"""

_STYLE = """
*{box-sizing:border-box}html,body{height:100%;margin:0}body{display:flex;flex-direction:column;font:14px/1.45 FONTS;
background:var(--ground);color:var(--ink)}header{display:flex;gap:16px;align-items:center;padding:8px 16px;border-bottom:1px solid
var(--line);flex-wrap:wrap}nav{display:flex;gap:4px;flex:1;flex-wrap:wrap;max-height:84px;overflow:auto}nav a{color:var(--soft);
text-decoration:none;padding:3px 10px;border-radius:12px}nav a[aria-current]{background:var(--line);color:var(--ink)}
button{font:inherit;color:var(--ink);background:none;border:1px solid var(--line);border-radius:6px;padding:2px 10px;
margin-left:4px;cursor:pointer}main{flex:1;min-height:0;position:relative}figure{position:absolute;inset:0;margin:0;visibility:hidden}
figure.shown{visibility:visible}figure svg{width:100%;height:100%;display:block;cursor:grab;touch-action:none}
figure svg.held{cursor:grabbing}#tip{position:fixed;max-width:360px;padding:8px 12px;border-radius:8px;background:var(--ink);
color:var(--ground);white-space:pre-wrap;overflow-wrap:anywhere;pointer-events:none;font-size:12.5px;z-index:9;unicode-bidi:plaintext}
#tip[hidden]{display:none}g:focus{outline:none}@media print{header{display:none}figure{position:static;visibility:visible;
break-after:page}}"""

_SCRIPT = """
'use strict';
const figures=[...document.querySelectorAll('figure')],links=[...document.querySelectorAll('nav a')];
const tip=document.getElementById('tip');
const views=new Map();
for(const svg of document.querySelectorAll('figure svg')){
  const [,,w,h]=svg.getAttribute('viewBox').split(' ').map(Number);
  views.set(svg,{w,h,x:0,y:0,k:1});
  for(const g of svg.querySelectorAll('g')){const t=g.querySelector('title');if(t){g.dataset.tip=t.textContent;t.remove();
    g.setAttribute('aria-label',g.dataset.tip);}}
}
const shown=()=>document.querySelector('figure.shown svg');
function draw(svg){const v=views.get(svg),b=svg.getBoundingClientRect();
  svg.setAttribute('viewBox',[v.x,v.y,b.width/v.k,b.height/v.k].join(' '));}
function fit(svg){const v=views.get(svg),b=svg.getBoundingClientRect();if(!b.width)return;
  const whole=Math.min(b.width/v.w,b.height/v.h),k=Math.min(1.25,Math.max(whole,Math.min(.8,b.width/v.w)));
  v.k=k;v.x=(v.w-b.width/k)/2;v.y=v.h*k<=b.height?(v.h-b.height/k)/2:0;draw(svg);}
function zoom(svg,by,cx,cy){const v=views.get(svg),b=svg.getBoundingClientRect();
  const k=Math.min(6,Math.max(.03,v.k*by)),px=(cx-b.left)/v.k,py=(cy-b.top)/v.k;
  v.x+=px-px*v.k/k;v.y+=py-py*v.k/k;v.k=k;draw(svg);}
function middle(by){const s=shown(),b=s.getBoundingClientRect();zoom(s,by,b.left+b.width/2,b.top+b.height/2);}
function show(id){const at=Math.max(0,figures.findIndex(f=>f.id===id));
  figures.forEach((f,i)=>f.classList.toggle('shown',i===at));
  links.forEach((a,i)=>i===at?a.setAttribute('aria-current','page'):a.removeAttribute('aria-current'));
  const s=shown();if(!s.dataset.seen){s.dataset.seen='1';fit(s);}else draw(s);}
for(const svg of views.keys()){
  const held=new Map();let far=0;
  svg.addEventListener('wheel',e=>{e.preventDefault();zoom(svg,Math.exp(-e.deltaY*(e.ctrlKey?.01:.0015)),e.clientX,e.clientY);},{passive:false});
  svg.addEventListener('pointerdown',e=>{held.set(e.pointerId,e);svg.setPointerCapture(e.pointerId);svg.classList.add('held');far=0;});
  svg.addEventListener('pointermove',e=>{
    if(held.has(e.pointerId)){const before=held.get(e.pointerId),v=views.get(svg);
      if(held.size===2){const other=[...held.values()].find(p=>p.pointerId!==e.pointerId);
        const d=p=>Math.hypot(p.clientX-other.clientX,p.clientY-other.clientY)||1;
        zoom(svg,d(e)/d(before),(e.clientX+other.clientX)/2,(e.clientY+other.clientY)/2);}
      else{v.x-=(e.clientX-before.clientX)/v.k;v.y-=(e.clientY-before.clientY)/v.k;draw(svg);}
      held.set(e.pointerId,e);tip.hidden=true;return;}
    const g=e.target.closest('g[data-tip]');
    if(!g){tip.hidden=true;return;}
    tip.textContent=g.dataset.tip;tip.hidden=false;
    const t=tip.getBoundingClientRect();
    tip.style.left=Math.max(4,Math.min(e.clientX+14,innerWidth-t.width-8))+'px';
    tip.style.top=(e.clientY+18+t.height>innerHeight?e.clientY-t.height-10:e.clientY+18)+'px';});
  const free=e=>{held.delete(e.pointerId);svg.classList.toggle('held',held.size>0);};
  svg.addEventListener('pointerup',free);svg.addEventListener('pointercancel',free);
  svg.addEventListener('pointerleave',()=>{tip.hidden=true;});
  svg.addEventListener('dblclick',()=>fit(svg));
}
document.querySelector('.tools').addEventListener('click',e=>{const d=e.target.dataset.do;
  if(d==='fit')fit(shown());else if(d)middle(d==='more'?1.3:1/1.3);});
addEventListener('keydown',e=>{if(e.ctrlKey||e.metaKey||e.altKey)return;const v=views.get(shown()),s=60/v.k;
  const does={'+':()=>middle(1.3),'=':()=>middle(1.3),'-':()=>middle(1/1.3),'0':()=>fit(shown()),
    ArrowLeft:()=>{v.x-=s;draw(shown());},ArrowRight:()=>{v.x+=s;draw(shown());},
    ArrowUp:()=>{v.y-=s;draw(shown());},ArrowDown:()=>{v.y+=s;draw(shown());}}[e.key];
  if(does){e.preventDefault();does();}});
addEventListener('hashchange',()=>show(decodeURIComponent(location.hash.slice(1))));
addEventListener('resize',()=>draw(shown()));
show(decodeURIComponent(location.hash.slice(1)));
"""


def page(title: str, drawings: Sequence[tuple[str, Drawing]], theme: Theme = "auto") -> str:
    """One page with all drawings, each under its name: no other file, no network."""
    ids = [f"p{number}-{re.sub(r'[^A-Za-z0-9_]', '-', name)}" for number, (name, _) in enumerate(drawings, 1)]
    links = "".join(f'<a href="#{id_}">{escape(safe(name))}</a>' for id_, (name, _) in zip(ids, drawings, strict=True))
    figures = "".join(f'<figure id="{id_}">{inline(one)}</figure>\n' for id_, (_, one) in zip(ids, drawings, strict=True))
    return _PAGE.format(
        theme=theme,
        title=escape(safe(title)),
        style=page_colours(theme)
        + _STYLE.replace("FONTS", "system-ui, sans-serif").replace("\n", " ")
        + style_sheet(theme, "figure"),
        links=links if len(drawings) > 1 else "",
        pictures=figures,
        script=_SCRIPT,
    )


def inline(drawing: Drawing) -> str:
    """The drawing as a part of a page: its ground is the page's."""
    box = f"0 0 {drawing.wide} {drawing.high}"
    label = escape(safe(drawing.label))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-label="{label}">{drawing.body}</svg>'
