import { mount } from 'svelte';
import App from './App.svelte';
import { ExportedBackend, bytesOfBase64 } from './api/exported';
import { HttpBackend } from './api/http';
import { app } from './state/app.svelte';
import './styles/tokens.css';
import './styles/base.css';
import 'uplot/dist/uPlot.min.css';

app.startTheme();
app.readAddress();
window.addEventListener('hashchange', () => app.readAddress());
window.addEventListener('popstate', () => app.readAddress());

const target = document.getElementById('app');
if (target) mount(App, { target });

async function start(): Promise<void> {
  const exported = document.getElementById('latent-export');
  try {
    if (exported?.textContent) {
      await app.open(new ExportedBackend(bytesOfBase64(exported.textContent)));
      return;
    }
    // The token of a server that is open to other machines came with the address, once; it does not stay in sight.
    const address = new URL(location.href);
    const token = address.searchParams.get('token') ?? '';
    if (token) {
      address.searchParams.delete('token');
      history.replaceState(null, '', address);
      sessionStorage.setItem('latent-token', token);
    }
    await app.open(new HttpBackend('/api/v1', token || (sessionStorage.getItem('latent-token') ?? '')));
  } catch (error) {
    app.problem = error instanceof Error ? error.message : String(error);
  }
}

void start();
