package kinds

import "github.com/gantry-power/gantry/config/schema"

// Endpoint is the small fixed schema of a provider block: how one console or
// host is reached. It is a Kind in form only; endpoints are never planned.
func Endpoint() *schema.Kind {
	return &schema.Kind{
		Name: "provider",
		Doc:  "How one console or host is reached over SSH. A password is never written here: name the environment variable, the file or the command that yields it.",
		Attributes: []schema.Attribute{
			{Name: "host", Doc: "Host name, address, or a Host of the ssh_config file in use. Every console has one; a provider of hosts has none, because each host has an address of its own.", Example: `"uli13.lab"`},
			{Name: "port", Type: schema.Number, Min: schema.F(1), Max: schema.F(65535), Doc: "TCP port of the SSH server.", Default: "22, or what ssh_config says", Example: "22"},
			{Name: "user", Doc: "User on the console. IVM has one prime administrator, padmin.", Example: `"padmin"`, Default: "what ssh_config says"},
			{Name: "identity_file", Doc: "Private key file.", Example: `"~/.ssh/id_ed25519"`, Default: "what ssh_config says, then the SSH agent"},
			{Name: "known_hosts", Doc: "File of accepted host keys. An unknown or changed key is always refused.", Default: "what ssh_config says, then ~/.ssh/known_hosts"},
			{Name: "ssh_config", Doc: "OpenSSH client configuration to read. GANTRY_SSH_CONFIG sets it for all endpoints.", Example: `"/srv/gantry/ssh_config"`, Default: "GANTRY_SSH_CONFIG, then ~/.ssh/config"},
			{Name: "password_env", Doc: "Environment variable that holds the password.", Example: `"ULI13_PASSWORD"`},
			{Name: "password_file", Doc: "File whose first line is the password.", Example: `"/run/secrets/uli13"`},
			{Name: "password_command", Nesting: schema.List, Doc: "Command, as a list of words, whose first line of output is the password.", Example: `["pass", "show", "uli13"]`},
			{Name: "connect_timeout", Type: schema.Duration, Doc: "How long connecting and logging in may take.", Default: "30s", Example: `"30s"`},
			{Name: "command_timeout", Type: schema.Duration, Doc: "How long a command may stay without an answer before Gantry gives up on it.", Default: "10m", Example: `"10m"`},
			{Name: "migration_address", Doc: "Address by which other consoles reach this one for a migration (migrlpar --ip).", Default: "host", Example: `"uli13"`},
			{Name: "migration_user", Doc: "User that other consoles log in as for a migration (migrlpar -u).", Default: "user", Example: `"padmin"`},
		},
	}
}
