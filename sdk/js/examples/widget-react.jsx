// SPDX-License-Identifier: MIT
// The same widget in React: useYavio gives one stable object; calls before the tool's result is there are held.
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useYavio } from '@yavio/sdk/react';

function Hotels() {
  const [result, setResult] = useState(null);
  const yavio = useYavio(result);
  useEffect(() => {
    const onMessage = ({ data }) => data?.method === 'ui/notifications/tool-result' && setResult(data.params);
    window.addEventListener('message', onMessage);
    return () => window.removeEventListener('message', onMessage);
  }, []);
  useEffect(() => yavio.step('seen'), [yavio]);
  return <button id="book" data-yavio="book" onClick={() => yavio.conversion('booking', { value: 94.5, currency: 'EUR' })}>Book H-118</button>;
}

createRoot(document.getElementById('root')).render(<StrictMode><Hotels /></StrictMode>);
