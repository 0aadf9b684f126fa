package lab

func haStorageAttrs(class string) []haAttr { return nil }

func (m *clmgr) storage() int {
	if m.action == "manage" && m.class.name == "application_controller" {
		return m.manageApp()
	}
	return m.error(haIncorrect, "ERROR: the action \"%s\" is not supported for class \"%s\".", m.action, m.class.name)
}

func (m *clmgr) syncCollection() int { return 0 }
func (m *clmgr) spread(f *haObject)  {}
