// SPDX-License-Identifier: MIT
// A React page in StrictMode whose configuration comes after the first render.
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useYavio } from './dist/react.js';

let first;
function Widget({ result }) {
  const yavio = useYavio(result);
  first ??= yavio;
  window.stable = first === yavio;
  useEffect(() => {
    if (!window.told) yavio.track('early');
    window.told = true;
  }, [yavio]);
  return <button className="act" onClick={() => yavio.track('acted')}>act</button>;
}

function Page() {
  const [result, setResult] = useState();
  const [key, setKey] = useState(0);
  return (
    <>
      <Widget key={key} result={result} />
      <Widget result={result} />
      <button id="late" onClick={() => setResult({ yavio: window.config })}>late</button>
      <button id="remount" onClick={() => setKey(key + 1)}>remount</button>
    </>
  );
}
createRoot(document.getElementById('root')).render(<StrictMode><Page /></StrictMode>);
