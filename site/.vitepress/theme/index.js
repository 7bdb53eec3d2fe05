import Theme from 'vitepress/theme-without-fonts'
import Explorable from './Explorable.vue'
import Front from './Front.vue'
import Playground from './Playground.vue'
import './style.css'

export default {
  extends: Theme,
  enhanceApp({ app }) {
    for (const [name, component] of Object.entries({ Explorable, Front, Playground })) app.component(name, component)
  },
}
