import Theme from 'vitepress/theme-without-fonts'
import Explorable from './Explorable.vue'
import Front from './Front.vue'
import Playground from './Playground.vue'
import './style.css'

export default {
  extends: Theme,
  enhanceApp({ app }) {
    for (const [name, component] of Object.entries({ Explorable, Front, Playground })) app.component(name, component)
    if (import.meta.env.SSR) return
    // Paper is white.
    let dark = false
    const classes = document.documentElement.classList
    window.addEventListener('beforeprint', () => { dark = classes.contains('dark'); classes.remove('dark') })
    window.addEventListener('afterprint', () => classes.toggle('dark', dark))
  },
}
