/// The report's only style sheet: one accent colour, light and dark, screen, phone and paper.
enum Stylesheet {
  static let text = """
    :root {
      --paper: #fcfcfa; --ink: #1d2021; --quiet: #5c6366; --rule: #dedfda; --wash: #f2f3ef;
      --accent: #0b6b5d; --tint-1: #5aa396; --tint-2: #9cc9c0; --tint-3: #cfe5e0;
      --before: #b9bdb9; --fixed: #d9dbd7; --warn: #8a4b08;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #161918; --ink: #e6e8e4; --quiet: #a2aaa6; --rule: #343a38; --wash: #1f2423;
        --accent: #5fc9b5; --tint-1: #3d9384; --tint-2: #2c6a60; --tint-3: #214a44;
        --before: #7d8481; --fixed: #4d5451; --warn: #e3a45c;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
    body {
      margin: 0 auto; padding: 3.5rem 1.5rem 4rem; max-width: 54rem; background: var(--paper);
      color: var(--ink); font: 1.0625rem/1.6 Charter, "Iowan Old Style", "Palatino Linotype",
      Palatino, "Liberation Serif", Georgia, serif; overflow-wrap: break-word;
    }
    h1, h2, h3, nav, table, svg, .tile, .badge, .kicker, figcaption, .verdicts strong {
      font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial,
      sans-serif;
    }
    h1 { font-size: 2.1rem; line-height: 1.15; margin: 0 0 .8rem; letter-spacing: -.02em; }
    h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 1rem; letter-spacing: -.01em; }
    h3 { font-size: 1rem; margin: 2.2rem 0 .6rem; }
    p, ul { margin: 0 0 1rem; }
    a { color: var(--accent); }
    code { font: .86em ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace;
      overflow-wrap: anywhere; }
    .kicker { color: var(--accent); font-size: .8rem; font-weight: 600; margin: 0 0 .6rem;
      letter-spacing: .06em; text-transform: uppercase; }
    .summary { color: var(--quiet); }
    nav { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .88rem;
      padding: .8rem 0; border-block: 1px solid var(--rule); }
    nav a { text-decoration: none; }
    nav a:hover { text-decoration: underline; }
    section { margin-top: 3.5rem; scroll-margin-top: 1rem; }
    .note { color: var(--quiet); font-size: .93rem; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(14.5rem, 1fr));
      gap: 1px; background: var(--rule); border: 1px solid var(--rule); margin: 0 0 1.6rem; }
    .tile { background: var(--paper); padding: 1.1rem 1.2rem; }
    .tile h3 { margin: 0 0 .5rem; font-size: .85rem; font-weight: 600; color: var(--quiet); }
    .tile p { margin: 0; font-size: .88rem; }
    .tile .after { font-size: 1.65rem; line-height: 1.3; font-weight: 600; }
    .tile .before, .tile .after .interval { color: var(--quiet); }
    .tile .change { margin-top: .3rem; color: var(--accent); }
    .tile .interval { font-size: .8rem; font-weight: 400; }
    .verdicts { list-style: none; padding: 0; }
    .verdicts li { padding: .55rem 0 .55rem 1rem; border-left: 4px solid var(--rule);
      margin-bottom: .5rem; }
    .verdicts .met, .verdicts .metWithinUncertainty { border-color: var(--accent); }
    .verdicts .missed, .verdicts .missedWithinUncertainty, .verdicts .unknown
      { border-color: var(--warn); border-left-style: double; }
    .figure, .value { white-space: nowrap; font-variant-numeric: tabular-nums; }
    p .figure, li .figure { white-space: normal; }
    .interval { color: var(--quiet); font-size: .86em; margin-left: .35em; white-space: nowrap; }
    .none { color: var(--quiet); font-style: italic; }
    .badge { display: inline-block; min-width: 1.35em; margin-left: .3em; padding: 0 .25em;
      border: 1px solid var(--rule); border-radius: .3em; font-size: .64rem; line-height: 1.35;
      font-weight: 600; text-align: center; text-decoration: none; vertical-align: .25em;
      color: var(--quiet); background: var(--wash); }
    .badge.measured { color: var(--accent); border-color: var(--accent); }
    .badge:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); }
    figure { margin: 1.8rem 0 2rem; }
    figcaption { font-size: .9rem; font-weight: 600; margin-bottom: .6rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .86rem; line-height: 1.4; }
    th, td { padding: .5rem .7rem; text-align: left; vertical-align: top;
      border-bottom: 1px solid var(--rule); }
    th:first-child, td:first-child { padding-left: 0; }
    thead th { color: var(--quiet); font-weight: 600; border-bottom: 1px solid var(--quiet);
      vertical-align: bottom; }
    tbody th { font-weight: 500; }
    .number { text-align: right; }
    .words { min-width: 6.5rem; }
    td .interval { display: block; margin: 0; }
    tr:has(:target) { background: var(--wash); outline: 2px solid var(--accent); }
    svg { display: block; width: 100%; height: auto; }
    svg text { font-size: 13px; fill: var(--ink); font-variant-numeric: tabular-nums; }
    svg .axis { fill: var(--quiet); font-size: 12px; }
    svg .value { font-weight: 600; }
    svg .mark { font-size: 10px; fill: var(--quiet); }
    svg.narrow { display: none; }
    .series-0 { fill: var(--accent); } .series-1 { fill: var(--tint-1); }
    .series-2 { fill: var(--tint-2); } .series-3 { fill: var(--tint-3); }
    .series-before { fill: var(--before); } .series-fixed { fill: var(--fixed); }
    rect { stroke: var(--paper); stroke-width: 1; }
    .grid { stroke: var(--rule); }
    .trace { fill: none; stroke: var(--accent); stroke-width: 1.5; opacity: .55; }
    .dot { fill: var(--accent); stroke: var(--accent); stroke-width: 2; }
    .hollow { fill: var(--paper); stroke: var(--accent); stroke-width: 2; }
    .rejected { fill: var(--paper); stroke: var(--warn); stroke-width: 2; }
    footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--rule);
      color: var(--quiet); font-size: .88rem; }
    @media (max-width: 38rem) {
      body { padding: 2rem 1rem 3rem; font-size: 1rem; }
      h1 { font-size: 1.6rem; }
      section { margin-top: 2.6rem; }
      svg.wide { display: none; }
      svg.narrow { display: block; }
      .tiles { grid-template-columns: 1fr; }
      table { font-size: .8rem; }
      th, td { padding: .45rem .45rem; }
      .scroll { margin-right: -1rem; padding-right: 1rem; }
      thead th:first-child, tbody th { position: sticky; left: 0; background: var(--paper); }
    }
    @media print {
      :root { --paper: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --wash: #fff;
        --accent: #0b6b5d; --tint-1: #5aa396; --tint-2: #9cc9c0; --tint-3: #cfe5e0;
        --before: #b9bdb9; --fixed: #d9dbd7; --warn: #8a4b08; }
      html { font-size: 9.5pt; }
      body { max-width: none; padding: 0; font-size: 1rem; line-height: 1.45; }
      section { margin-top: 2rem; }
      .tiles { grid-template-columns: repeat(3, 1fr); }
      th, td { padding: .3rem .5rem; }
      nav { display: none; }
      .scroll { overflow: visible; }
      tr, .chart, .tile, .verdicts li { break-inside: avoid; }
      h2, h3, figcaption { break-after: avoid; }
      svg.wide { display: block; } svg.narrow { display: none; }
      svg, .badge, .verdicts li { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    """
}
